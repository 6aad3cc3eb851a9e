//! Image names, and the registry that they are pulled from.
//!
//! Upstream: `distribution/reference` for names; the registry is whatever answers the pull.

use crate::object::Str;

/// The registry's state, switched by faults. One for the whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// Globs of the images that it does not have at present.
    pub missing: Vec<Str>,
}

impl Registry {
    /// Whether an image cannot be had now.
    pub fn lacks(&self, image: &str) -> bool {
        self.missing.iter().any(|glob| image_matches(glob, image))
    }
}

/// Whether a glob of an image model or a fault means this image. An image without a tag also goes
/// by `:latest`, and one from Docker's own registry also by its full name.
pub(super) fn image_matches(glob: &str, image: &str) -> bool {
    if glob_match(glob, image) {
        return true;
    }
    let tagged = if has_tag(image) { None } else { Some(format!("{image}:latest")) };
    let tagged = tagged.as_deref().unwrap_or(image);
    glob_match(glob, tagged) || glob_match(glob, &full_name(tagged))
}

/// Whether `text` fits `glob`, in which `*` is any run of characters and `?` any single one.
pub fn glob_match(glob: &str, text: &str) -> bool {
    let (g, t) = (glob.as_bytes(), text.as_bytes());
    let (mut i, mut j) = (0, 0);
    // Where to go on after a mismatch: one more character for the last star.
    let mut star: Option<(usize, usize)> = None;
    while j < t.len() {
        if i < g.len() && g[i] == b'*' {
            star = Some((i, j));
            i += 1;
        } else if i < g.len() && (g[i] == t[j] || (g[i] == b'?' && t[j].is_ascii())) {
            i += 1;
            j += 1;
        } else if let Some((si, sj)) = star {
            star = Some((si, sj + 1));
            i = si + 1;
            j = sj + 1;
        } else {
            return false;
        }
    }
    g[i..].iter().all(|c| *c == b'*')
}

/// Whether an image's name ends in a tag or a digest.
pub(crate) fn has_tag(image: &str) -> bool {
    image.contains('@') || image.rsplit('/').next().is_some_and(|last| last.contains(':'))
}

/// The name with registry, repository and tag: `nginx` is `docker.io/library/nginx:latest`.
pub fn full_name(image: &str) -> String {
    let tag = if has_tag(image) { "" } else { ":latest" };
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => format!("{image}{tag}"),
        Some(_) => format!("docker.io/{image}{tag}"),
        None => format!("docker.io/library/{image}{tag}"),
    }
}

/// Why a name cannot be an image's, in upstream's words; `None` if it can.
pub fn invalid_name(image: &str) -> Option<String> {
    let path = image.split('@').next().unwrap_or(image);
    let repository = match path.rfind(':') {
        Some(at) if !path[at..].contains('/') => &path[..at],
        _ => path,
    };
    let why = if image.is_empty() || image.contains(char::is_whitespace) || repository.is_empty() {
        "invalid reference format".to_owned()
    } else if repository.contains(|c: char| c.is_ascii_uppercase()) {
        format!("invalid reference format: repository name ({repository}) must be lowercase")
    } else {
        return None;
    };
    Some(format!(
        "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {why}"
    ))
}

/// What stands in for the digest of an image's manifest: a function of its full name.
pub fn digest(image: &str) -> String {
    let full = full_name(image);
    let half = |seed: u128| {
        full.bytes().fold(seed, |h, b| (h ^ u128::from(b)).wrapping_mul(0x0000000001000000000000000000013B))
    };
    format!(
        "sha256:{:032x}{:032x}",
        half(0x6c62272e07bb014262b821756295c58d),
        half(0x9e3779b97f4a7c15f39cc0605cedc835)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, text, want) in [
            ("web:*", "web:1.2", true),
            ("web:*", "webs:1.2", false),
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("*/nginx", "docker.io/library/nginx", true),
        ] {
            assert_eq!(glob_match(glob, text), want, "{glob} {text}");
        }
        for (glob, image, want) in [
            ("nginx:*", "nginx", true),
            ("docker.io/library/nginx:*", "nginx:1.27", true),
            ("nginx:1.27", "docker.io/library/nginx:1.27", false),
        ] {
            assert_eq!(image_matches(glob, image), want, "{glob} {image}");
        }
    }

    #[test]
    fn names() {
        for (image, want) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("bitnami/redis:7", "docker.io/bitnami/redis:7"),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
            ("localhost:5000/x", "localhost:5000/x:latest"),
        ] {
            assert_eq!(full_name(image), want);
        }
        assert_eq!(invalid_name("nginx:1.27"), None);
        assert_eq!(invalid_name("nginx:RC1"), None);
        assert!(
            invalid_name("Nginx").is_some_and(|m| m.ends_with("repository name (Nginx) must be lowercase"))
        );
        assert!(invalid_name("").is_some());
        assert_eq!(digest("nginx"), digest("docker.io/library/nginx:latest"));
        assert_eq!(digest("nginx").len(), 71);
    }
}
