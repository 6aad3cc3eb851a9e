//! The window of podium: a cluster drawn from its trace.
//!
//! [`view::View`] is all of it but the window: a [`player::Player`] goes through a trace, a [`scene::Scene`] is what the
//! trace says at one moment, [`paint`] makes shapes and labels of it, and the panels beside it are egui's. With the
//! feature `window`, bevy draws that in a window or into pictures.

pub mod decision;
pub mod draw;
pub mod facts;
pub mod fonts;
pub mod keys;
pub mod layout;
pub mod paint;
pub mod panel;
pub mod picture;
pub mod player;
pub mod scene;
pub mod story;
pub mod theme;
pub mod view;
#[cfg(feature = "window")]
pub mod window;

pub use view::{Options, View};
