//! What a matcher does beside finding matches: time, memory, checkpoints, and how its automaton looks.

use super::*;
use crate::checkpoint::codec::{Decoder, Encoder};
use crate::error::Result;

/// Events are letters; a test is the letter it wants, `*` for any.
#[derive(Clone, Debug)]
struct Letter(char);

impl Leaf for Letter {}

#[derive(Default)]
struct Letters {
    conditions: Vec<Letter>,
    matched: Vec<(String, i64)>,
    timed_out: Vec<(String, i64)>,
    asked: usize,
}

fn joined(found: &Found<'_, char>) -> String {
    let named = |(name, events): (&str, Vec<&char>)| format!("{name}={}", events.into_iter().collect::<String>());
    found.by_pattern().into_iter().map(named).collect::<Vec<_>>().join(" ")
}

impl Host<char> for Letters {
    fn holds(&mut self, condition: usize, event: &char, _: i64, _: &SoFar<'_, char>) -> Result<bool> {
        self.asked += 1;
        let Letter(wanted) = self.conditions[condition];
        Ok(wanted == '*' || wanted == *event)
    }
    fn matched(&mut self, found: &Found<'_, char>, time: i64) -> Result<()> {
        self.matched.push((joined(found), time));
        Ok(())
    }
    fn wants_timed_out(&self) -> bool {
        true
    }
    fn timed_out(&mut self, found: &Found<'_, char>, time: i64) -> Result<()> {
        self.timed_out.push((joined(found), time));
        Ok(())
    }
}

struct Running {
    matcher: Matcher,
    progress: Progress<char>,
    host: Letters,
}

impl Running {
    fn new(pattern: Pattern<Letter>) -> Running {
        let (matcher, conditions) = Matcher::new(&pattern).unwrap();
        Running { matcher, progress: Progress::new(), host: Letters { conditions, ..Letters::default() } }
    }

    /// Each letter one ms behind the one before; a space is a ms without one.
    fn feed(&mut self, from: i64, letters: &str) {
        for (time, letter) in (from..).zip(letters.chars()).filter(|(_, letter)| *letter != ' ') {
            self.matcher.advance(&mut self.progress, time, &mut self.host).unwrap();
            self.matcher.process(&mut self.progress, letter, time, &mut self.host).unwrap();
        }
    }

    fn advance(&mut self, time: i64) {
        self.matcher.advance(&mut self.progress, time, &mut self.host).unwrap();
    }
}

fn step(letter: char) -> Pattern<Letter> {
    Pattern::begin(letter).condition(Letter(letter)).unwrap()
}

fn then(pattern: Pattern<Letter>, letter: char, contiguity: Contiguity) -> Pattern<Letter> {
    pattern.then(letter, contiguity).unwrap().condition(Letter(letter)).unwrap()
}

#[test]
fn a_condition_is_asked_once_an_event_however_many_matches_are_open() {
    // after 50 'a' there are 50 partial matches, each of which wants to know whether 'x' is an 'a' and a 'b'
    let pattern = then(step('a').one_or_more(None).unwrap().allow_combinations().unwrap(), 'b', Contiguity::RelaxedAny);
    let mut running = Running::new(pattern.within(10, Within::FirstAndLast).unwrap());
    running.feed(0, &"a".repeat(8));
    running.host.asked = 0;
    assert!(running.progress.partial_matches() > 100, "{}", running.progress.partial_matches());
    running.feed(8, "x");
    assert_eq!(running.host.asked, 2);
}

#[test]
fn matches_tell_patterns_in_the_order_of_their_events() {
    let mut running = Running::new(then(step('a').times(2, 2, None).unwrap(), 'b', Contiguity::Relaxed));
    running.feed(0, "axab");
    assert_eq!(running.host.matched, [("a=aa b=b".to_owned(), 3)]);
}

#[test]
fn time_is_over_at_its_end_and_not_before() {
    let pattern = then(step('a'), 'b', Contiguity::Relaxed).within(10, Within::FirstAndLast).unwrap();
    let mut running = Running::new(pattern);
    running.feed(100, "a");
    assert_eq!(running.progress.deadline(), 110);
    running.advance(109);
    assert!(running.host.timed_out.is_empty());
    running.advance(115);
    assert_eq!(running.host.timed_out, [("a=a".to_owned(), 110)]);
    assert!(running.progress.is_idle());
    running.feed(116, "b");
    assert!(running.host.matched.is_empty());
}

#[test]
fn the_time_since_the_event_before_counts_for_its_pattern_alone() {
    // 'b' within 3 ms of 'a', 'c' whenever
    let to_b = then(step('a'), 'b', Contiguity::Relaxed).within(3, Within::PreviousAndCurrent).unwrap();
    let mut running = Running::new(then(to_b, 'c', Contiguity::Relaxed));
    running.feed(0, "a b        c");
    assert_eq!(running.host.matched, [("a=a b=b c=c".to_owned(), 11)]);
    running.feed(20, "a  b c");
    assert_eq!((running.host.matched.len(), running.host.timed_out.as_slice()), (1, &[("a=a".to_owned(), 23)][..]));
}

#[test]
fn what_does_not_come_in_time_completes_a_match() {
    let pattern = then(step('a'), 'b', Contiguity::NotFollowedBy).within(5, Within::FirstAndLast).unwrap();
    let mut running = Running::new(pattern);
    running.feed(0, "ab    a x");
    assert!(running.host.matched.is_empty());
    running.advance(11);
    assert_eq!(running.host.matched, [("a=a".to_owned(), 11)]);
    assert!(running.host.timed_out.is_empty());
}

#[test]
fn what_cannot_be_completed_is_gone_at_once() {
    let mut running = Running::new(then(then(step('a'), 'b', Contiguity::Strict), 'c', Contiguity::Strict));
    running.feed(0, "ab");
    assert_eq!((running.progress.kept(), running.progress.partial_matches()), (2, 1));
    running.feed(2, "x");
    assert_eq!((running.progress.kept(), running.progress.is_idle()), (0, true));
    // the same for what must not come, and for what a skip strategy gives up
    let not = then(then(step('a'), 'n', Contiguity::NotFollowedBy), 'b', Contiguity::Relaxed);
    let mut running = Running::new(not);
    running.feed(0, "aaaan");
    assert!(running.progress.is_idle());
    let mut running = Running::new(then(step('a'), 'b', Contiguity::Relaxed).with_skip(Skip::PastLastEvent));
    running.feed(0, "aaaab");
    assert_eq!((running.host.matched.len(), running.progress.kept()), (1, 0));
}

#[test]
fn a_loop_keeps_no_more_than_its_time() {
    let pattern = then(step('a').one_or_more(None).unwrap(), 'b', Contiguity::RelaxedAny);
    let mut running = Running::new(pattern.within(8, Within::FirstAndLast).unwrap());
    let mut most = 0;
    for round in 0..500 {
        running.feed(round * 10, "aaaaaaaaaa");
        most = most.max(running.progress.kept());
    }
    // of the last 8 ms
    assert_eq!(most, 8);
}

#[test]
fn skipping_to_what_is_not_there_fails_where_that_is_asked_for() {
    let skipping = |name: &str, must_exist| {
        let optional = then(step('a'), 'b', Contiguity::Relaxed).optional().unwrap();
        let skip = Skip::ToFirst { name: name.into(), must_exist };
        let mut running = Running::new(then(optional, 'c', Contiguity::Relaxed).with_skip(skip));
        let Running { matcher, progress, host } = &mut running;
        "ac".chars().zip(0..).try_for_each(|(letter, time)| matcher.process(progress, letter, time, host))
    };
    let error = skipping("b", true).unwrap_err();
    assert_eq!(error.message(), "a match has no event of 'b' to skip to");
    assert!(skipping("b", false).is_ok());
    let error = skipping("a", true).unwrap_err();
    assert!(error.message().starts_with("skipping to 'a' would skip to the first event of the match"), "{error}");
}

#[test]
fn it_goes_on_where_it_was() {
    let pattern = || then(step('a').one_or_more(None).unwrap(), 'b', Contiguity::RelaxedAny).with_skip(Skip::ToNext);
    let text = "aaxabaabxab";
    let mut whole = Running::new(pattern());
    whole.feed(0, text);
    for cut in 0..text.len() {
        let mut first = Running::new(pattern());
        first.feed(0, &text[..cut]);
        let (mut out, mut events) = (Encoder::default(), Vec::new());
        first.progress.encode(&mut out, &mut events);
        let events: Vec<char> = events.into_iter().copied().collect();
        let mut second = Running::new(pattern());
        let mut from = Decoder::new(out.into_bytes(), "test");
        let mut event = |at: u32| events.get(at as usize).copied();
        second.progress = Progress::decode(&mut from, second.matcher.nfa(), &mut event).unwrap();
        from.end().unwrap();
        assert_eq!(second.progress.deadline(), first.progress.deadline());
        second.host.matched = first.host.matched;
        second.feed(cut as i64, &text[cut..]);
        assert_eq!(second.host.matched, whole.host.matched, "cut at {cut}");
    }
}

#[test]
fn damaged_bytes_are_noticed() {
    let mut running = Running::new(then(step('a'), 'b', Contiguity::Relaxed));
    running.feed(0, "aa");
    let mut out = Encoder::default();
    running.progress.encode(&mut out, &mut Vec::new());
    let bytes = out.into_bytes();
    let nfa = running.matcher.nfa();
    let decode = |bytes: bytes::Bytes| Progress::decode(&mut Decoder::new(bytes, "test"), nfa, |_| Some('a'));
    assert!(decode(bytes.clone()).is_ok());
    for length in 0..bytes.len() {
        assert!(decode(bytes.slice(..length)).is_err(), "the first {length} bytes");
    }
    // numbers that lead nowhere must not be followed: any byte may be another
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0xff;
        let _ = decode(changed.into());
    }
}

#[test]
fn automata_of_one_form_have_one_fingerprint() {
    let print = |pattern: Pattern<Letter>| Matcher::new(&pattern).unwrap().0.nfa().fingerprint();
    let ab = || then(step('a'), 'b', Contiguity::Relaxed);
    assert_eq!(print(ab()), print(ab()));
    assert_ne!(print(ab()), print(then(step('a'), 'b', Contiguity::Strict)));
    assert_ne!(print(ab()), print(then(step('a'), 'c', Contiguity::Relaxed)));
}

#[test]
fn an_automaton_in_words() {
    let pattern = then(step('a'), 'n', Contiguity::NotFollowedBy);
    let pattern = then(pattern, 'b', Contiguity::Relaxed).within(10, Within::FirstAndLast).unwrap();
    let (matcher, conditions) = Matcher::new(&pattern).unwrap();
    let words = explain(matcher.nfa(), |at| format!("is {}", conditions[at].0));
    assert_eq!(
        words,
        "\
state 'a', where every match begins
  take    -> 'b' if is a
state 'b'
  take    -> '$endState$' if is b
  ignore  -> 'b' if not is b
  proceed -> 'n' if is n
state '$endState$': the match is complete
state 'n': the partial match is given up
a match takes less than 10 ms
"
    );
    let picture = draw(matcher.nfa(), |at| format!("<{}>", conditions[at].0));
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>"));
    assert!(picture.contains("fill=\"white\""), "black on dark is not to be read");
    assert_eq!(picture.matches("<circle ").count(), 5, "four states, and the ring of the last");
    assert!(picture.contains("take if &lt;a&gt;"));
}
