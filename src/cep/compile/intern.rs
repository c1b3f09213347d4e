//! Finished states: names and tests become numbers, and what would run for ever is refused.

use std::sync::Arc;

use super::draft::Draft;
use crate::cep::condition::{Condition, Leaf};
use crate::cep::error::CepError;
use crate::cep::nfa::{Action, Kind, Nfa, State, Test, Transition};

/// The automaton of these states, those that can be reached, and its single tests by number.
pub fn finish<C: Leaf>(drafts: Vec<Draft<C>>, start: usize, window: Option<i64>) -> Result<(Nfa, Vec<C>), CepError> {
    let order = reachable(&drafts, start)?;
    let mut places = vec![0; drafts.len()];
    order.iter().enumerate().for_each(|(place, state)| places[*state] = place as u16);
    let (mut leaves, mut labels) = (Vec::new(), Vec::<String>::new());
    let states = order.iter().map(|state| {
        let Draft { name, label, kind, gap, transitions } = &drafts[*state];
        let transitions = transitions.iter().map(|transition| Transition {
            action: transition.action,
            target: places[transition.target],
            test: test(&transition.condition, &mut leaves),
        });
        let transitions = transitions.collect();
        let known = labels.iter().position(|known| known == label).unwrap_or_else(|| {
            labels.push(label.clone());
            labels.len() - 1
        });
        State { name: name.clone(), label: known as u16, kind: *kind, transitions, gap: gap.filter(|gap| *gap > 0) }
    });
    let states = states.collect();
    let looks_back = leaves.iter().map(|leaf: &Arc<C>| leaf.looks_back()).collect();
    let leaves = leaves.iter().map(|leaf| leaf.as_ref().clone()).collect();
    Ok((Nfa { states, labels, start: places[start], window, looks_back }, leaves))
}

fn test<C>(condition: &Condition<C>, leaves: &mut Vec<Arc<C>>) -> Test {
    match condition {
        Condition::True => Test::True,
        Condition::Not(of) => Test::Not(Box::new(test(of, leaves))),
        Condition::And(left, right) => Test::And(Box::new(test(left, leaves)), Box::new(test(right, leaves))),
        Condition::Or(left, right) => Test::Or(Box::new(test(left, leaves)), Box::new(test(right, leaves))),
        Condition::Test(leaf) => {
            let known = leaves.iter().position(|known| Arc::ptr_eq(known, leaf));
            Test::Leaf(known.unwrap_or_else(|| {
                leaves.push(leaf.clone());
                leaves.len() - 1
            }))
        }
    }
}

/// States in the order in which a match comes to them.
fn reachable<C>(drafts: &[Draft<C>], start: usize) -> Result<Vec<usize>, CepError> {
    let (mut order, mut seen) = (Vec::new(), vec![false; drafts.len()]);
    let mut waiting = std::collections::VecDeque::from([start]);
    seen[start] = true;
    while let Some(state) = waiting.pop_front() {
        order.push(state);
        for transition in &drafts[state].transitions {
            if !std::mem::replace(&mut seen[transition.target], true) {
                waiting.push_back(transition.target);
            }
        }
    }
    // the end and the stops are read last
    order.sort_by_key(|state| match drafts[*state].kind {
        Kind::Final => 1,
        Kind::Stop => 2,
        _ => 0,
    });
    match order.iter().any(|state| proceeds_to_itself(drafts, *state)) {
        true => Err(CepError::EmptyLoop),
        false => Ok(order),
    }
}

fn proceeds_to_itself<C>(drafts: &[Draft<C>], state: usize) -> bool {
    let (mut waiting, mut seen) = (vec![state], vec![false; drafts.len()]);
    while let Some(at) = waiting.pop() {
        for transition in drafts[at].transitions.iter().filter(|transition| transition.action == Action::Proceed) {
            if transition.target == state {
                return true;
            }
            if !std::mem::replace(&mut seen[transition.target], true) {
                waiting.push(transition.target);
            }
        }
    }
    false
}
