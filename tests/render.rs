//! `podium view` and `podium render` as a shell sees them: what they write, and what they say where they cannot.

#[cfg(feature = "view")]
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const K08: &str = "scenarios/lessons/k08-node-down.yaml";

fn podium(args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_podium"));
    c.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--lang", "en"]).args(args).stdin(Stdio::null());
    for v in ["DISPLAY", "WAYLAND_DISPLAY", "RUST_LOG"] {
        c.env_remove(v);
    }
    c
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

#[track_caller]
fn complains(mut c: Command, code: i32, texts: &[&str]) {
    let o = c.output().expect("the binary runs");
    assert_eq!(o.status.code(), Some(code), "{c:?}\n{}", stderr(&o));
    for t in texts {
        assert!(stderr(&o).contains(t), "{c:?}: {t:?} is not in\n{}", stderr(&o));
    }
    assert!(!stderr(&o).contains("panicked"), "{}", stderr(&o));
}

#[test]
#[cfg(not(feature = "view"))]
fn a_podium_without_a_window_says_how_to_build_one() {
    complains(
        podium(&["view", K08]),
        3,
        &["cargo run --release --features view -- view scenarios/lessons/k08"],
    );
    complains(podium(&["render", K08, "--out", "x.png"]), 3, &["--features view -- render", "x.png"]);
}

/// Whether there is a driver; if not, it is said.
#[cfg(feature = "view")]
fn can_draw() -> bool {
    let found = podium_viz::window::check_graphics();
    if let Err(e) = &found {
        // Past the test harness, which keeps what passing tests print.
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("skipped: a test of pictures: {e}\n"),
        );
    }
    found.is_ok()
}

/// A file in the tests' folder.
#[cfg(feature = "view")]
fn temp(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("render-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
#[cfg(feature = "view")]
fn what_a_machine_lacks_is_said() {
    complains(podium(&["view", K08]), 3, &["DISPLAY is not set", "help:", "podium render"]);
    let mut c = podium(&["render", K08, "--out", temp("none.png").to_str().unwrap()]);
    // A backend that is not built in is as good as no driver.
    c.env("WGPU_BACKEND", "gl");
    complains(c, 3, &["no Vulkan driver", "apt-get install mesa-vulkan-drivers"]);
    if can_draw() {
        let mut c = podium(&["view", K08]);
        c.env("DISPLAY", ":4711");
        complains(c, 3, &["the display :4711 cannot be reached"]);
    }
}

#[test]
fn wrong_usage() {
    for (args, texts) in [
        (&["--out", "x.bmp"][..], &[".png, .gif or .webp"][..]),
        (&["--out", "x.gif", "--at", "5s"], &["--from and --to"]),
        (&["--out", "x.png", "--from", "5s"], &["--from is for films"]),
        (&["--out", "x.png", "--size", "12"], &["1280x720"]),
        (&["--out", "x.gif", "--fps", "0"], &["1..=50"]),
        (&["--out", "x.gif", "--speed", "1000x"], &["0.125x to 64x"]),
    ] {
        let mut all = vec!["render", K08];
        all.extend(args);
        // Without a window, what clap does not see is not looked at.
        if cfg!(feature = "view") || texts[0].contains(['=', '0']) {
            complains(podium(&all), 2, texts);
        }
    }
}

#[test]
#[cfg(feature = "view")]
fn pictures_and_films() {
    if !can_draw() {
        return;
    }
    let render = |args: &[&str], out: &Path| {
        let mut all = vec!["render", K08, "--size", "333x187", "--out", out.to_str().unwrap()];
        all.extend(args);
        let o = podium(&all).output().expect("the binary runs");
        assert_eq!((o.status.code(), stderr(&o).as_str()), (Some(0), ""), "{args:?}");
        std::fs::read(out).unwrap()
    };
    let a = render(&["--at", "1m30s"], &temp("a.png"));
    assert!(a.starts_with(b"\x89PNG") && a == render(&["--at", "1m30s"], &temp("b.png")), "the same bytes");
    assert_ne!(a, render(&["--at", "1m30s", "--dark"], &temp("c.png")));
    assert_ne!(a, render(&["--at", "1m30s", "--panels"], &temp("d.png")));
    assert_ne!(a, render(&["--at", "1m30s", "--panels", "--select", "node/node-2"], &temp("e.png")));
    assert_ne!(a, render(&["--at", "10s", "--scale", "2"], &temp("f.png")));
    let part = ["--from", "1m", "--to", "1m1s", "--pace", "clock", "--fps", "5"];
    let film = render(&part, &temp("a.gif"));
    assert!(film.starts_with(b"GIF89a") && film.len() > 1000);
    let film = render(&part, &temp("a.webp"));
    assert!(film.starts_with(b"RIFF") && &film[8..12] == b"WEBP");

    let out = temp("none.png");
    let out = out.to_str().unwrap();
    complains(podium(&["render", K08, "--at", "40h", "--out", out]), 2, &["--at 40:00:00.000", "ends at"]);
    complains(podium(&["render", K08, "--select", "pod/nobody", "--out", out]), 2, &["no pod \"nobody\""]);
    complains(podium(&["render", K08, "--out", "/nowhere/x.png"]), 2, &["/nowhere/x.png"]);
    let long = ["--pace", "clock", "--fps", "50", "--speed", "0.125"];
    complains(podium(&[&["render", K08, "--out", "x.gif"][..], &long].concat()), 2, &["frames", "help:"]);
    let damaged = temp("damaged.podium-trace");
    std::fs::write(&damaged, b"PODIUMTRnonsense").unwrap();
    complains(podium(&["render", damaged.to_str().unwrap(), "--out", out]), 5, &["damaged"]);
    assert!(!Path::new(out).exists(), "what failed leaves no file");
}
