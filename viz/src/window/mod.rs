//! The window, and pictures without one.
