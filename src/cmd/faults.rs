//! `podium faults`: what can go wrong, and how a scenario says so.

use podium_sim::fault;
use serde_json::{Value, json};

/// Prints all faults with their arguments.
pub fn run(as_json: bool) {
    if as_json {
        let list: Vec<Value> = fault::ALL
            .iter()
            .map(|k| {
                let args: Vec<Value> = k
                    .args
                    .iter()
                    .map(
                        |(name, required, about)| json!({"name": name, "required": required, "about": about}),
                    )
                    .collect();
                json!({"name": k.name, "about": k.about, "mendable": k.mendable, "args": args})
            })
            .collect();
        println!("{:#}", Value::from(list));
        return;
    }
    for k in fault::ALL {
        println!("{:<24} {}", k.name, k.about);
        for (name, required, about) in k.args {
            let need = if *required { "" } else { " (optional)" };
            println!("{:24}   {name}: {about}{need}", "");
        }
    }
    println!("\nIn a scenario: fault: {{nodeCrash: {{node: node-2}}, for: 10m}}");
}
