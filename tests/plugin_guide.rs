//! The commands in `docs/scheduler-plugin.md`: each does what the page says, to the letter. With `PODIUM_BLESS=1`, the
//! page is written anew.

mod shell;

use shell::*;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scheduler-plugin.md");

#[test]
fn the_commands_of_the_plugin_guide_do_what_it_says() {
    let text = std::fs::read_to_string(GUIDE).unwrap();
    let temp = Temp::new("plugin-guide");
    for block in text.split("```yaml\n# ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        temp.file(name, rest.split("```").next().unwrap());
    }
    let (mut new, mut commands) = (String::new(), 0);
    for (i, part) in text.split("```").enumerate() {
        if i > 0 {
            new.push_str("```");
        }
        let Some(command) = part.strip_prefix("console\n$ podium ").and_then(|p| p.lines().next()) else {
            new.push_str(part);
            continue;
        };
        commands += 1;
        let args: Vec<&str> = command.split(' ').collect();
        let o = podium().current_dir(&temp.0).args(&args).output().expect("the binary runs");
        assert!(stderr(&o).is_empty(), "podium {command}\n{}", stderr(&o));
        new.push_str(&format!("console\n$ podium {command}\n{}", stdout(&o)));
    }
    assert_eq!(commands, 3);
    if std::env::var_os("PODIUM_BLESS").is_some() {
        std::fs::write(GUIDE, &new).unwrap();
        return;
    }
    assert!(text == new, "PODIUM_BLESS=1 writes the page anew, as\n{new}");
}
