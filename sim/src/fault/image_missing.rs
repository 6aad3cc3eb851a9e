//! An image cannot be pulled: the registry does not have it. What is on a node already stays.

use super::{FaultKind, text};

pub(super) const KIND: FaultKind = FaultKind {
    name: "imageMissing",
    about: "the registry no longer has an image; nodes that have it keep it",
    args: &[("image", true, "the image, * and ? match any text")],
    mendable: true,
    target: |_, args| {
        text(args, "image")
            .map(|i| format!("image {i}"))
            .ok_or_else(|| "the fault needs `image: GLOB`".into())
    },
    begin: |world, args, _| {
        if let Some(i) = text(args, "image") {
            world.core.registry.missing.push(crate::object::Str::from(i));
        }
    },
    end: |world, args, _| {
        if let Some(i) = text(args, "image")
            && let Some(at) = world.core.registry.missing.iter().position(|m| *m == i)
        {
            world.core.registry.missing.remove(at);
        }
    },
};
