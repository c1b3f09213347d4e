//! An automaton as a picture (SVG): circles in the order of a match, arrows between them.

use std::fmt::Write;

use super::explain::condition;
use super::nfa::{Action, Kind, Nfa, State};

const STEP: usize = 150;
const RADIUS: usize = 30;
/// How much further from the line the bow of an arrow over one state more is.
const BOW: usize = 18;
/// Of texts that arrows may pass under.
const ON_WHITE: &str = "text-anchor=\"middle\" paint-order=\"stroke\" stroke=\"white\" stroke-width=\"4\"";

/// Taking is a solid arrow, passing over a dashed one, going on without an event a dotted one. The condition of an arrow
/// is shown where the pointer rests on it; `name` is how a single test is called.
pub fn draw(nfa: &Nfa, name: impl Fn(usize) -> String) -> String {
    let layout = Layout::of(nfa);
    let (width, height) = (layout.width, layout.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\"><defs><marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>"
    );
    let places = &layout.places;
    for (at, state) in nfa.states.iter().enumerate().filter(|(_, state)| state.kind != Kind::Stop) {
        for transition in &state.transitions {
            let (style, word) = match transition.action {
                Action::Take => ("", "take"),
                Action::Ignore => (" stroke-dasharray=\"6 4\"", "ignore"),
                Action::Proceed => (" stroke-dasharray=\"2 4\"", "proceed"),
            };
            let target = usize::from(transition.target);
            let (path, label) = arrow(places[at], places[target]);
            let told = escape(&format!("{word}{}", condition(&transition.test, &name)));
            let _ = write!(
                svg,
                "<g><title>{told}</title><path d=\"{path}\" fill=\"none\" stroke=\"black\"{style} \
                 marker-end=\"url(#to)\"/><text x=\"{}\" y=\"{}\" {ON_WHITE}>{word}</text></g>",
                label.0, label.1
            );
        }
    }
    for (state, place) in nfa.states.iter().zip(places) {
        circle(&mut svg, state, *place);
    }
    svg.push_str("</svg>");
    svg
}

/// Where states stand: on a line, those that give up below it.
struct Layout {
    places: Vec<(usize, usize)>,
    width: usize,
    height: usize,
}

impl Layout {
    fn of(nfa: &Nfa) -> Layout {
        let (mut along, mut below) = (0, 0);
        let columns: Vec<(bool, usize)> = nfa
            .states
            .iter()
            .map(|state| {
                let stops = state.kind == Kind::Stop;
                let count = if stops { &mut below } else { &mut along };
                *count += 1;
                (stops, *count - 1)
            })
            .collect();
        // how far arrows on the line lead
        let (mut forwards, mut back) = (1, 0);
        for (state, (stops, from)) in nfa.states.iter().zip(&columns) {
            for (_, to) in
                state.transitions.iter().map(|to| columns[usize::from(to.target)]).filter(|to| !stops && !to.0)
            {
                forwards = forwards.max(to.saturating_sub(*from));
                back = back.max(from.saturating_sub(to));
            }
        }
        let line = 100 + BOW * (forwards - 1);
        let end = line + 60 + if back > 0 { BOW * back + 20 } else { 0 };
        let stop = end + RADIUS + 20;
        let place = |(stops, column): (bool, usize)| (STEP / 2 + STEP * column, if stops { stop } else { line });
        Layout {
            places: columns.into_iter().map(place).collect(),
            width: STEP * along.max(below) + 20,
            height: if below > 0 { stop + 60 } else { end },
        }
    }
}

/// The path of an arrow, and where its word stands.
fn arrow(from: (usize, usize), to: (usize, usize)) -> (String, (usize, usize)) {
    let (r, (x, y), (tx, ty)) = (RADIUS, from, to);
    if from == to {
        let path =
            format!("M{} {} C{} {} {} {} {} {}", x - 14, y - r + 4, x - 40, y - 90, x + 40, y - 90, x + 14, y - r + 4);
        return (path, (x, y - 78));
    }
    if y != ty {
        return (format!("M{x} {} L{tx} {}", y + r, ty - r), ((x + tx) / 2, (y + ty) / 2));
    }
    if tx == x + STEP {
        return (format!("M{} {y} L{} {y}", x + r, tx - r), ((x + tx) / 2, y - 8));
    }
    // over several states, or back: a bow above forwards, above the loops; below backwards, below the names
    let (far, middle) = (BOW * (x.abs_diff(tx) / STEP), (x + tx) / 2);
    let (edge, top) = if tx > x { (y - r, y - 66 - far) } else { (y + r, y + 50 + far) };
    // the curve comes half the way to the point that bends it
    let bend = 2 * top as i64 - edge as i64;
    (format!("M{x} {edge} Q{middle} {bend} {tx} {edge}"), (middle, top + 4))
}

fn circle(svg: &mut String, state: &State, (x, y): (usize, usize)) {
    let (fill, inner) = match state.kind {
        Kind::Start => ("#d8e8ff", ""),
        Kind::Normal => ("white", ""),
        Kind::Pending => ("#fff3cc", ""),
        Kind::Final => ("#dff5dd", "final"),
        Kind::Stop => ("#f8dcdc", "stop"),
    };
    let name = if state.kind == Kind::Final { "match".to_owned() } else { escape(&state.name) };
    let _ = write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{RADIUS}\" fill=\"{fill}\" stroke=\"black\"/>");
    if inner == "final" {
        let _ = write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"none\" stroke=\"black\"/>", RADIUS - 4);
    }
    let _ = write!(svg, "<text x=\"{x}\" y=\"{}\" {ON_WHITE}>{name}</text>", y + RADIUS + 16);
    if inner == "stop" {
        let _ = write!(svg, "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">stop</text>", y + 4);
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
