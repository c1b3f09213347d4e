//! Every wrong pattern is refused where it is built, with the reason: Flink's own table, and what Flink lets pass and then
//! can't run.

use super::{CepError, Condition, Contiguity, Leaf, Matcher, Pattern, Skip, Within};

#[derive(Clone)]
struct Any;
impl Leaf for Any {}

type Built = Result<Pattern<Any>, CepError>;

fn start() -> Pattern<Any> {
    Pattern::begin("start")
}

fn not_next() -> Pattern<Any> {
    start().then("not", Contiguity::NotNext).unwrap()
}

fn not_followed_by() -> Pattern<Any> {
    start().then("not", Contiguity::NotFollowedBy).unwrap()
}

fn group() -> Pattern<Any> {
    Pattern::begin_group(start())
}

/// The reason, for a pattern that is refused while it is built or as a whole.
fn reason(built: Built) -> String {
    match built.and_then(|pattern| Matcher::new(&pattern).map(|_| ())) {
        Err(error) => error.to_string(),
        Ok(()) => "not refused".into(),
    }
}

#[test]
fn quantifiers() {
    for (built, why) in [
        (start().times(-1, -1, None), "'start' is to occur -1 times: at least once is needed"),
        (start().times(0, 0, None), "'start' is to occur 0 times: at least once is needed"),
        (start().times(-1, 2, None), "'start' is to occur -1 times: at least once is needed"),
        (
            start().times(3, 2, None),
            "'start' is to occur between 3 and 2 times: the second number must not be less than the first",
        ),
        (start().times_or_more(0, None), "'start' is to occur 0 times: at least once is needed"),
        (
            start().one_or_more(None).and_then(|p| p.one_or_more(None)),
            "the pattern 'start' has a quantifier already, one_or_more()",
        ),
        (
            start().one_or_more(None).and_then(Pattern::optional).and_then(|p| p.times(1, 1, None)),
            "the pattern 'start' has a quantifier already, one_or_more()",
        ),
        (
            start().times(1, 1, None).and_then(|p| p.one_or_more(None)),
            "the pattern 'start' has a quantifier already, times(1)",
        ),
        (
            start().times(2, 3, None).and_then(|p| p.times_or_more(1, None)),
            "the pattern 'start' has a quantifier already, times(2, 3)",
        ),
        (start().optional().and_then(Pattern::optional), "'start' is optional already"),
        (start().greedy(), "greedy() applies to a pattern that repeats, and 'start' is a single event"),
        (start().consecutive(), "consecutive() applies to a pattern that repeats, and 'start' is a single event"),
        (
            start().allow_combinations(),
            "allow_combinations() applies to a pattern that repeats, and 'start' is a single event",
        ),
        (
            start().one_or_more(None).and_then(Pattern::allow_combinations).and_then(Pattern::greedy),
            "'start' can't be greedy and allow combinations",
        ),
        (
            start().one_or_more(None).and_then(Pattern::allow_combinations).and_then(Pattern::consecutive),
            "'start' can't be both consecutive and with combinations",
        ),
        (
            start().one_or_more(None).and_then(Pattern::consecutive).and_then(Pattern::consecutive),
            "consecutive() was applied to 'start' already",
        ),
        (
            start()
                .one_or_more(None)
                .and_then(Pattern::greedy)
                .and_then(|p| p.then("end", Contiguity::Strict))
                .and_then(Pattern::optional),
            "'end' can't be optional: the pattern before it, 'start', is greedy",
        ),
        (start().one_or_more(Some(-5)), "within() takes a time that is not negative, not -5 ms"),
        (start().times(20_000, 20_000, None), "the pattern has more than 10000 states"),
    ] {
        assert_eq!(reason(built), why);
    }
}

#[test]
fn what_must_not_occur() {
    for not in [not_next, not_followed_by] {
        for (built, call) in [
            (not().one_or_more(None), "one_or_more()"),
            (not().times(3, 3, None), "times()"),
            (not().times_or_more(3, None), "times_or_more()"),
            (not().optional(), "optional()"),
            (not().greedy(), "greedy()"),
        ] {
            assert_eq!(reason(built), format!("{call} does not apply to 'not', which must not occur"));
        }
    }
    let optional = || start().then("maybe", Contiguity::Relaxed).and_then(Pattern::optional).unwrap();
    assert_eq!(
        reason(optional().then("not", Contiguity::NotNext)),
        "not_next() behind 'maybe', which is optional, is not supported"
    );
    assert_eq!(
        reason(optional().then("not", Contiguity::NotFollowedBy)),
        "not_followed_by() behind 'maybe', which is optional, is not supported"
    );
    let ends =
        "the pattern ends with not_followed_by('not') and has no time limit, so it never knows that nothing comes";
    assert_eq!(reason(Ok(not_followed_by())), ends);
    assert_eq!(reason(not_followed_by().within(0, Within::FirstAndLast)), ends);
    assert_eq!(reason(not_followed_by().within(10, Within::FirstAndLast)), "not refused");
    assert_eq!(reason(not_followed_by().within(10, Within::PreviousAndCurrent)), "not refused");
    // nothing would see that it did not come
    let inside = Pattern::begin_group(not_followed_by()).then("end", Contiguity::Relaxed);
    assert_eq!(reason(inside), "a group of patterns ends with not_followed_by('not')");
}

#[test]
fn until_and_groups() {
    let until = |pattern: Pattern<Any>| pattern.until(Condition::test(Any));
    let no_loop = "until() ends a loop, and 'start' is none";
    assert_eq!(reason(until(start())), no_loop);
    assert_eq!(reason(start().times(1, 1, None).and_then(until)), no_loop);
    assert_eq!(
        reason(start().one_or_more(None).and_then(until).and_then(until)),
        "'start' has an until condition already"
    );
    assert_eq!(reason(group().condition(Any)), "where() does not apply to a group of patterns");
    assert_eq!(reason(group().or(Condition::test(Any))), "or_() does not apply to a group of patterns");
    assert_eq!(
        reason(group().one_or_more(None).and_then(Pattern::greedy)),
        "greedy() does not apply to a group of patterns"
    );
    // it could go round without an event
    let empty = Pattern::begin_group(start().optional().unwrap()).one_or_more(None);
    assert_eq!(reason(empty), "every pattern of a group that repeats is optional, so it could repeat without an event");
}

#[test]
fn the_pattern_as_a_whole() {
    let twice = start().then("middle", Contiguity::Relaxed).and_then(|p| p.then("start", Contiguity::Relaxed));
    assert_eq!(reason(twice), "the pattern name 'start' is used twice");
    assert_eq!(reason(Ok(start().then_group(start(), Contiguity::Relaxed))), "the pattern name 'start' is used twice");
    assert_eq!(reason(Ok(Pattern::begin("$endState$"))), "a pattern can't be called '$endState$'");
    let skip = Skip::ToLast { name: "midd".into(), must_exist: false };
    let skipping = start().then("middle", Contiguity::Strict).map(|pattern| pattern.with_skip(skip));
    assert_eq!(reason(skipping), "the skip strategy names the pattern 'midd', which is not among 'start', 'middle'");
    let gap = start()
        .then("middle", Contiguity::Relaxed)
        .and_then(|pattern| pattern.within(3000, Within::PreviousAndCurrent))
        .and_then(|pattern| pattern.then("end", Contiguity::Relaxed))
        .and_then(|pattern| pattern.within(2, Within::FirstAndLast));
    assert_eq!(reason(gap), "the time between two events, 3000 ms, is more than the time of the whole match, 2 ms");
    assert_eq!(
        reason(start().within(-1, Within::FirstAndLast)),
        "within() takes a time that is not negative, not -1 ms"
    );
}
