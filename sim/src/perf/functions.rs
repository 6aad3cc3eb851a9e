//! The functions of templates.

use super::template::Value;

/// The functions with how many arguments they take at least and at most.
pub(super) const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("AddInt", 0, 20),
    ("AddFloat", 0, 20),
    ("SubtractInt", 2, 2),
    ("SubtractFloat", 2, 2),
    ("MultiplyInt", 0, 20),
    ("MultiplyFloat", 0, 20),
    ("DivideInt", 2, 2),
    ("DivideFloat", 2, 2),
    ("Mod", 2, 2),
    // As older versions of scheduler_perf call them.
    ("div", 2, 2),
    ("mod", 2, 2),
    ("eq", 2, 20),
    ("ne", 2, 2),
    ("lt", 2, 2),
    ("le", 2, 2),
    ("gt", 2, 2),
    ("ge", 2, 2),
    ("and", 1, 20),
    ("or", 1, 20),
    ("not", 1, 1),
];

/// Calls one of them.
pub(super) fn call(name: &str, values: &[Value]) -> Result<Value, String> {
    let number = |v: &Value| v.number().ok_or_else(|| format!("`{}` is not a number", v.show()));
    let numbers = || values.iter().map(number).collect::<Result<Vec<f64>, String>>();
    let whole = |f: f64| {
        if f.is_finite() && f.abs() < 9e15 {
            Ok(Value::Int(f as i64))
        } else {
            Err(format!("`{name}` gives {f}, which is no whole number"))
        }
    };
    let compare = || -> Result<std::cmp::Ordering, String> {
        match (&values[0], &values[1]) {
            (Value::Text(a), Value::Text(b)) => Ok(a.cmp(b)),
            (a, b) => number(a)?
                .partial_cmp(&number(b)?)
                .ok_or_else(|| format!("`{name}` cannot compare these two values")),
        }
    };
    let same = |a: &Value, b: &Value| match (a, b) {
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => a.number() == b.number(),
        _ => a == b,
    };
    let divide = |n: &[f64]| {
        if n[1] == 0.0 { Err(format!("`{name}` would divide by zero")) } else { Ok(n[0] / n[1]) }
    };
    let float = |f: f64| {
        if f.fract() == 0.0 && f.abs() < 9e15 { Value::Int(f as i64) } else { Value::Float(f) }
    };
    Ok(match name {
        "AddInt" => whole(numbers()?.iter().sum())?,
        "AddFloat" => float(numbers()?.iter().sum()),
        "MultiplyInt" => whole(numbers()?.iter().product())?,
        "MultiplyFloat" => float(numbers()?.iter().product()),
        "SubtractInt" => numbers().and_then(|n| whole(n[0] - n[1]))?,
        "SubtractFloat" => numbers().map(|n| float(n[0] - n[1]))?,
        "DivideInt" | "div" => numbers().and_then(|n| divide(&n)).and_then(whole)?,
        "DivideFloat" => numbers().and_then(|n| divide(&n)).map(float)?,
        "Mod" | "mod" => {
            let n = numbers()?;
            let (a, b) = (n[0] as i64, n[1] as i64);
            Value::Int(a.checked_rem(b).ok_or_else(|| format!("`{name}` would divide by zero"))?)
        }
        "eq" => Value::Bool(values[1..].iter().any(|v| same(&values[0], v))),
        "ne" => Value::Bool(!same(&values[0], &values[1])),
        "lt" => Value::Bool(compare()?.is_lt()),
        "le" => Value::Bool(compare()?.is_le()),
        "gt" => Value::Bool(compare()?.is_gt()),
        "ge" => Value::Bool(compare()?.is_ge()),
        "and" => values.iter().find(|v| !v.truth()).or(values.last()).cloned().unwrap_or(Value::Bool(true)),
        "or" => values.iter().find(|v| v.truth()).or(values.last()).cloned().unwrap_or(Value::Bool(false)),
        _ => Value::Bool(!values.first().is_some_and(Value::truth)),
    })
}
