//! An automaton in words: its states and where they lead.

use std::fmt::Write;

use super::nfa::{Action, Kind, Nfa, Test};

/// One line a state, and one a transition; `name` is how a single test is called.
pub fn explain(nfa: &Nfa, name: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for state in &nfa.states {
        let what = match state.kind {
            Kind::Start => ", where every match begins",
            Kind::Normal => "",
            Kind::Final => ": the match is complete",
            Kind::Stop => ": the partial match is given up",
            Kind::Pending => ", complete when the time is over",
        };
        let gap = state.gap.map_or_else(String::new, |gap| format!(", within {gap} ms of the event before"));
        let _ = writeln!(text, "state '{}'{what}{gap}", state.name);
        if state.kind == Kind::Stop {
            continue;
        }
        for transition in &state.transitions {
            let action = match transition.action {
                Action::Take => "take",
                Action::Ignore => "ignore",
                Action::Proceed => "proceed",
            };
            let target = &nfa.state(transition.target).name;
            let _ = writeln!(text, "  {action:<7} -> '{target}'{}", condition(&transition.test, &name));
        }
    }
    if let Some(window) = nfa.window {
        let _ = writeln!(text, "a match takes less than {window} ms");
    }
    text
}

/// ` if …`; nothing where the condition always holds.
pub fn condition(test: &Test, name: &impl Fn(usize) -> String) -> String {
    if *test == Test::True { String::new() } else { format!(" if {}", words(test, name, false)) }
}

fn words(test: &Test, name: &impl Fn(usize) -> String, inner: bool) -> String {
    let joined = |left: &Test, with: &str, right: &Test| {
        let text = format!("{} {with} {}", words(left, name, true), words(right, name, true));
        if inner { format!("({text})") } else { text }
    };
    match test {
        Test::True => "true".into(),
        Test::Leaf(leaf) => name(*leaf),
        Test::Not(of) => format!("not {}", words(of, name, true)),
        Test::And(left, right) => joined(left, "and", right),
        Test::Or(left, right) => joined(left, "or", right),
    }
}
