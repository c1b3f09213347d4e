//! An automaton as a picture (SVG): circles in the order of a match, arrows between them.

use std::fmt::Write;

use super::explain::condition;
use super::nfa::{Action, Kind, Nfa, State};

const STEP: usize = 150;
const RADIUS: usize = 30;
const LINE: usize = 150;
/// Where stop states stand.
const BELOW: usize = 290;

/// Taking is a solid arrow, passing over a dashed one, going on without an event a dotted one. The condition of an arrow
/// is shown where the pointer rests on it; `name` is how a single test is called.
pub fn draw(nfa: &Nfa, name: impl Fn(usize) -> String) -> String {
    let along = nfa.states.iter().filter(|state| state.kind != Kind::Stop).count();
    let width = STEP * along.max(nfa.states.len() - along) + 20;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"340\" style=\"background:#fff\" \
         font-family=\"sans-serif\" font-size=\"12\"><defs><marker id=\"to\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>"
    );
    let places: Vec<(usize, usize)> = (0..nfa.states.len()).map(|at| place(nfa, at)).collect();
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
                 marker-end=\"url(#to)\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{word}</text></g>",
                label.0, label.1
            );
        }
    }
    for (state, place) in nfa.states.iter().zip(&places) {
        circle(&mut svg, state, *place);
    }
    svg.push_str("</svg>");
    svg
}

fn place(nfa: &Nfa, at: usize) -> (usize, usize) {
    let stops = nfa.states[at].kind == Kind::Stop;
    let before = nfa.states[..at].iter().filter(|state| (state.kind == Kind::Stop) == stops).count();
    (STEP / 2 + STEP * before, if stops { BELOW } else { LINE })
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
    // over several states, or back: a bow above forwards, below backwards
    let (far, middle) = (x.abs_diff(tx) / STEP * 16, (x + tx) / 2);
    let (edge, bow) = if tx > x { (y - r, y.saturating_sub(60 + far)) } else { (y + r, y + 50 + far) };
    (format!("M{x} {edge} Q{middle} {bow} {tx} {edge}"), (middle, (edge + bow) / 2))
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
    let _ = write!(svg, "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{name}</text>", y + RADIUS + 16);
    if inner == "stop" {
        let _ = write!(svg, "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">stop</text>", y + 4);
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
