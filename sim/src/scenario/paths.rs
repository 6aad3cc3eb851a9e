//! Paths into objects: `status.phase`, `spec.containers[0].image`, `status.conditions[type=Ready].status`,
//! `metadata.labels[app.kubernetes.io/name]`.

use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seg {
    /// Into a mapping.
    Key(String),
    /// Into a list, by position.
    Index(usize),
    /// Into a list: the item whose field has that value.
    Item(String, String),
}

/// Reads a path.
///
/// # Errors
/// When a bracket is not closed, or a step is empty.
pub fn parse(path: &str) -> Result<Vec<Seg>, String> {
    let mut out = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').ok_or_else(|| format!("`[` is not closed in `{path}`"))?;
            let text = &inner[..end];
            out.push(match (text.parse::<usize>(), text.split_once('=')) {
                (Ok(n), _) => Seg::Index(n),
                (_, Some((k, v))) => Seg::Item(k.to_owned(), v.trim_matches(['"', '\'']).to_owned()),
                (_, None) => Seg::Key(text.trim_matches(['"', '\'']).to_owned()),
            });
            rest = &inner[end + 1..];
            rest = rest.strip_prefix('.').unwrap_or(rest);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("a step is empty in `{path}`"));
            }
            out.push(Seg::Key(rest[..end].to_owned()));
            rest = &rest[end..];
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
    }
    if out.is_empty() { Err("the path is empty".to_owned()) } else { Ok(out) }
}

/// What a path leads to.
pub fn get<'a>(value: &'a Value, path: &[Seg]) -> Option<&'a Value> {
    path.iter().try_fold(value, |v, seg| match seg {
        Seg::Key(k) => v.get(k),
        Seg::Index(n) => v.get(n),
        Seg::Item(k, want) => {
            v.as_array()?.iter().find(|item| item.get(k).is_some_and(|have| plain(have) == *want))
        }
    })
}

/// A value as text, without quotes around a string.
pub fn plain(v: &Value) -> String {
    match v {
        Value::String(s) => s.clone(),
        v => v.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_what_paths_lead_to() {
        let v = json!({"metadata": {"labels": {"a.b/c": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}], "n": 3}});
        for (path, want) in [
            ("status.n", Some(json!(3))),
            ("metadata.labels[a.b/c]", Some(json!("x"))),
            ("spec.containers[0].image", Some(json!("i"))),
            ("status.conditions[type=Ready].status", Some(json!("True"))),
            ("spec.containers[name=c].image", Some(json!("i"))),
            ("spec.containers[7].image", None),
            ("spec.nothing.at.all", None),
        ] {
            assert_eq!(get(&v, &parse(path).unwrap()).cloned(), want, "{path}");
        }
    }

    #[test]
    fn refuses_broken_paths() {
        for path in ["", "a..b", "a[0", ".a"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
