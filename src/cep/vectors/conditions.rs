//! The conditions of the cases: trees over the fields of an event, and Java conditions restated as functions.

use serde_json::Value;

use super::Event;
use crate::cep::{Leaf, SoFar};

/// A condition as the case writes it.
#[derive(Clone)]
pub struct Written {
    tree: Value,
    pub looks_back: bool,
}

impl Leaf for Written {
    fn looks_back(&self) -> bool {
        self.looks_back
    }
}

type Function = fn(&Event, &SoFar<'_, Event>) -> bool;

/// The events of a pattern so far, and their prices added up.
fn sum(so_far: &SoFar<'_, Event>, name: &str) -> f64 {
    so_far.back(name).map(Event::price).sum()
}

/// Java conditions by the part of their text, without spaces, that tells them apart.
const CUSTOM: &[(&str, Function)] = &[
    ("returnvalue.getName().contains(\"b\")&&ctx.getEventsForPattern(\"a\")", |event, so_far| {
        event.name().contains('b') && so_far.events("a")[0].price() == event.price()
    }),
    ("for(Eventmiddle:ctx.getEventsForPattern(\"middle\")){sum+=middle.getPrice();}returnsum==6.0", |_, so_far| {
        sum(so_far, "middle") == 6.0
    }),
    ("returnIterators.size(ctx.getEventsForPattern(\"d\").iterator())==3", |_, so_far| so_far.events("d").len() == 3),
    ("for(Eventevent:ctx.getEventsForPattern(\"start\")){sum+=event.getPrice();}returnDouble.compare(sum,2.0)>=0", {
        |event, so_far| event.name() == "end" && sum(so_far, "start") >= 2.0
    }),
    ("for(Evente:ctx.getEventsForPattern(\"middle2\")){sum+=e.getPrice();}sum+=value.getPrice();return", {
        |event, so_far| event.name() == "start" && sum(so_far, "middle2") + event.price() <= 5.0
    }),
];

/// Java condition classes by name.
const CLASSES: &[(&str, Function)] = &[
    ("MySubeventIterCondition", |event, so_far| {
        event.name().starts_with("foo") && sum(so_far, "middle") + event.price() < 5.0
    }),
    ("MyEventIterCondition", |event, so_far| event.name() == "start" && sum(so_far, "start") + event.price() < 5.0),
];

fn custom(tree: &Value) -> Option<Result<Function, String>> {
    if let Some(text) = tree["custom"].as_str() {
        let squeezed: String = text.split_whitespace().collect();
        let known = CUSTOM.iter().find(|(part, _)| squeezed.contains(part));
        return Some(known.map(|(_, function)| *function).ok_or_else(|| format!("unknown custom condition: {text}")));
    }
    let name = tree["custom_class"].as_str()?;
    let known = CLASSES.iter().find(|(class, _)| *class == name);
    Some(known.map(|(_, function)| *function).ok_or_else(|| format!("unknown custom condition: {name}")))
}

impl Written {
    pub fn new(tree: &Value) -> Result<Written, String> {
        let looks_back = custom(tree).transpose()?.is_some();
        if !looks_back {
            // an unknown operation is found here, and not only when an event reaches it
            truth(tree, &Event { place: 0, fields: Value::Null })?;
        }
        Ok(Written { tree: tree.clone(), looks_back })
    }

    pub fn holds(&self, event: &Event, so_far: &SoFar<'_, Event>) -> bool {
        match custom(&self.tree) {
            Some(Ok(function)) => function(event, so_far),
            _ => truth(&self.tree, event).unwrap_or_default(),
        }
    }
}

fn truth(tree: &Value, event: &Event) -> Result<bool, String> {
    match value(tree, event)? {
        Value::Bool(truth) => Ok(truth),
        other => Err(format!("{tree} is no condition: {other}")),
    }
}

/// What a tree comes to. Numbers are doubles, as prices and ids compare in Java.
fn value(tree: &Value, event: &Event) -> Result<Value, String> {
    let Value::Object(entries) = tree else { return Ok(tree.clone()) };
    let Some((operation, of)) = entries.iter().next() else { return Err("an empty condition".into()) };
    let arguments = match of {
        Value::Array(arguments) => arguments.as_slice(),
        one => std::slice::from_ref(one),
    };
    let number = |at: usize| -> Result<f64, String> {
        Ok(arguments.get(at).map(|tree| value(tree, event)).transpose()?.and_then(|v| v.as_f64()).unwrap_or(f64::NAN))
    };
    let text = |at: usize| -> Result<String, String> {
        let found = arguments.get(at).map(|tree| value(tree, event)).transpose()?;
        Ok(found.and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default())
    };
    let equal = || -> Result<bool, String> {
        let (left, right) = (value(&arguments[0], event)?, value(&arguments[1], event)?);
        Ok(match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        })
    };
    Ok(Value::from(match operation.as_str() {
        "field" => return Ok(event.fields[of.as_str().unwrap_or_default()].clone()),
        "const" => return value(of, event),
        "eq" => equal()?,
        "ne" => !equal()?,
        "lt" => number(0)? < number(1)?,
        "gt" => number(0)? > number(1)?,
        "le" => number(0)? <= number(1)?,
        "ge" => number(0)? >= number(1)?,
        "and" => arguments.iter().map(|tree| truth(tree, event)).collect::<Result<Vec<_>, _>>()?.iter().all(|t| *t),
        "or" => arguments.iter().map(|tree| truth(tree, event)).collect::<Result<Vec<_>, _>>()?.iter().any(|t| *t),
        "not" => !truth(&arguments[0], event)?,
        "contains" => text(0)?.contains(&text(1)?),
        "startsWith" => text(0)?.starts_with(&text(1)?),
        "endsWith" => text(0)?.ends_with(&text(1)?),
        "subtype" => event.fields["type"] == *of,
        "add" | "plus" | "+" => return Ok(Value::from(number(0)? + number(1)?)),
        "sub" | "minus" | "-" => return Ok(Value::from(number(0)? - number(1)?)),
        "mul" | "times" | "*" => return Ok(Value::from(number(0)? * number(1)?)),
        "div" | "/" => return Ok(Value::from(number(0)? / number(1)?)),
        "mod" | "%" => return Ok(Value::from(number(0)? % number(1)?)),
        other => return Err(format!("unknown operation '{other}'")),
    }))
}
