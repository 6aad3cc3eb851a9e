//! A still of a lesson: `still LESSON SECONDS OUT.png [WIDTHxHEIGHT] [dark] [zh] [bare] [presenter] [zoom=N]`.
#![allow(missing_docs)]
#[path = "../tests/common/mod.rs"]
mod common;
use podium_sim::caption::Lang;
use podium_sim::time::SimTime;
use podium_viz::{Options, View, theme::Mode, window::Recorder};
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |w: &str| args.iter().any(|a| a == w);
    let size = args.iter().find_map(|a| a.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)))).unwrap_or((1920, 1080));
    let options = Options {
        lang: if has("zh") { Lang::ZhCn } else { Lang::En },
        mode: if has("dark") { Mode::Dark } else { Mode::Light },
        presenter: has("presenter"),
        bare: has("bare"),
        still: false,
    };
    let mut view = View::new(common::lesson(&args[0]), options);
    if has("pace=clock") { view.player.pace = podium_viz::player::Pace::Clock; }
    view.player.seek(SimTime((args[1].parse::<f64>().unwrap() * 1e9) as u64));
    if let Some(z) = args.iter().find_map(|a| a.strip_prefix("zoom=")) { view.camera.zoom = z.parse().unwrap(); }
    if let Some(n) = args.iter().find_map(|a| a.strip_prefix("steps=")) { for _ in 0..n.parse::<u32>().unwrap() { view.player.step_on(); } }
    if has("pod") { let k = view.player.scene().racks.iter().flat_map(|r| r.tiles()).next().unwrap().key.clone(); view.select(podium_viz::view::Target::Object(k)); }
    let mut recorder = Recorder::new(size).unwrap();
    let px = recorder.frame(&mut view, 0.0).unwrap();
    let file = std::fs::File::create(&args[2]).unwrap();
    let mut e = png::Encoder::new(file, size.0, size.1);
    e.set_color(png::ColorType::Rgba);
    e.write_header().unwrap().write_image_data(&px).unwrap();
}
