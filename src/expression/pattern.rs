//! Java's date-time patterns (`yyyy-MM-dd HH:mm:ss.SSS`), for formatting and reading.

use std::fmt::Write;

use super::calendar::{MICROS_PER_DAY, checked_days, civil, days, iso_weekday};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    /// A pattern letter and how often it stands there.
    Field(char, usize),
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern(Vec<Part>);

impl Pattern {
    /// Fails with what is wrong, naming a letter that is not supported.
    pub fn new(pattern: &str) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '\'' {
                let mut text = String::new();
                let mut closed = false;
                while let Some(next) = chars.next() {
                    if next != '\'' {
                        text.push(next);
                    } else if chars.peek() == Some(&'\'') {
                        chars.next();
                        text.push('\'');
                    } else {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return Err(format!("the pattern '{pattern}' has a quote that is not closed"));
                }
                // two quotes next to each other stand for one
                parts.push(Part::Text(if text.is_empty() { "'".into() } else { text }));
            } else if c.is_ascii_alphabetic() {
                let mut count = 1;
                while chars.next_if_eq(&c).is_some() {
                    count += 1;
                }
                if !"yuMdDHhkmsSaE".contains(c) {
                    return Err(format!("the letter '{c}' of the pattern '{pattern}' is not supported"));
                }
                parts.push(Part::Field(c, count));
            } else {
                parts.push(Part::Text(c.into()));
            }
        }
        Ok(Pattern(parts))
    }

    /// Writes a time in microseconds since 1970-01-01.
    pub fn format(&self, micros: i64, out: &mut impl Write) {
        let day = micros.div_euclid(MICROS_PER_DAY);
        let rest = micros.rem_euclid(MICROS_PER_DAY);
        let (year, month, date) = civil(day);
        let (hour, minute, second) = (rest / 3_600_000_000, rest / 60_000_000 % 60, rest / 1_000_000 % 60);
        for part in &self.0 {
            // writing to a string builder does not fail
            let _ = match part {
                Part::Text(text) => out.write_str(text),
                Part::Field(letter, count) => match (letter, *count) {
                    ('y' | 'u', 2) => write!(out, "{:02}", year.rem_euclid(100)),
                    ('y' | 'u', width) => write!(out, "{year:0width$}"),
                    ('M', 3) => out.write_str(&MONTHS[month as usize - 1][..3]),
                    ('M', 4..) => out.write_str(MONTHS[month as usize - 1]),
                    ('M', width) => write!(out, "{month:0width$}"),
                    ('d', width) => write!(out, "{date:0width$}"),
                    ('D', width) => write!(out, "{:0width$}", day - days(year, 1, 1) + 1),
                    ('H', width) => write!(out, "{hour:0width$}"),
                    ('k', width) => write!(out, "{:0width$}", if hour == 0 { 24 } else { hour }),
                    ('h', width) => write!(out, "{:0width$}", (hour + 11) % 12 + 1),
                    ('m', width) => write!(out, "{minute:0width$}"),
                    ('s', width) => write!(out, "{second:0width$}"),
                    ('S', width) => {
                        let digits = format!("{:06}", rest % 1_000_000);
                        if width <= 6 { out.write_str(&digits[..width]) } else { write!(out, "{digits:0<width$}") }
                    }
                    ('a', _) => out.write_str(if hour < 12 { "AM" } else { "PM" }),
                    ('E', 4..) => out.write_str(WEEKDAYS[iso_weekday(day) as usize - 1]),
                    _ => out.write_str(&WEEKDAYS[iso_weekday(day) as usize - 1][..3]),
                },
            };
        }
    }

    /// Reads a time; `None` where the text does not follow the pattern or the date does not exist.
    pub fn parse(&self, text: &str) -> Option<i64> {
        let mut rest = text;
        let (mut year, mut month, mut date) = (1970, 1, 1);
        let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
        let mut afternoon = None;
        for (at, part) in self.0.iter().enumerate() {
            let (letter, count) = match part {
                Part::Text(expected) => {
                    rest = rest.strip_prefix(expected.as_str())?;
                    continue;
                }
                Part::Field(letter, count) => (*letter, *count),
            };
            // a number next to another number has exactly as many digits as letters
            let adjacent =
                matches!(self.0.get(at + 1), Some(Part::Field(next, _)) if next.is_ascii_alphabetic() && *next != 'a');
            match letter {
                'M' if count >= 3 => {
                    month = name(&mut rest, &MONTHS, count)? + 1;
                    continue;
                }
                'E' => {
                    name(&mut rest, &WEEKDAYS, count + 1)?;
                    continue;
                }
                'a' => {
                    let marker = rest.get(..2)?.to_ascii_uppercase();
                    afternoon = Some(match marker.as_str() {
                        "AM" => false,
                        "PM" => true,
                        _ => return None,
                    });
                    rest = &rest[2..];
                    continue;
                }
                _ => {}
            }
            let width = match letter {
                'S' => count,
                _ if adjacent => count,
                'y' | 'u' if count != 2 => count.max(4),
                'D' => 3,
                _ => 2,
            };
            let digits = rest.bytes().take(width).take_while(u8::is_ascii_digit).count();
            if digits == 0 || (adjacent && digits != width) || digits < count {
                return None;
            }
            let value: i64 = rest[..digits].parse().ok()?;
            match letter {
                'y' | 'u' if count == 2 => year = 2000 + value,
                'y' | 'u' => year = value,
                'M' => month = value,
                'd' => date = value,
                'D' => (month, date) = (1, value),
                'H' => hour = value,
                'k' => hour = value % 24,
                'h' => hour = value % 12,
                'm' => minute = value,
                's' => second = value,
                _ => micros = format!("{:0<6}", &rest[..digits.min(6)]).parse().ok()?,
            }
            rest = &rest[digits..];
        }
        if afternoon == Some(true) {
            hour = hour % 12 + 12;
        }
        if !rest.is_empty() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let by_day_of_year = self.0.iter().any(|part| matches!(part, Part::Field('D', _)));
        let day = if by_day_of_year {
            days(year, 1, 1) + date - 1
        } else {
            checked_days(year, u32::try_from(month).ok()?, u32::try_from(date).ok()?)?
        };
        Some(day * MICROS_PER_DAY + (hour * 3600 + minute * 60 + second) * 1_000_000 + micros)
    }
}

/// Takes a name (three letters where `count` is 3) and gives its index.
fn name(rest: &mut &str, names: &[&str], count: usize) -> Option<i64> {
    let length = |name: &str| if count == 3 { 3 } else { name.len() };
    let found = names.iter().position(|name| {
        rest.get(..length(name)).is_some_and(|text| text.eq_ignore_ascii_case(&name[..length(name)]))
    })?;
    *rest = &rest[length(names[found])..];
    Some(found as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2021-03-04 (a Thursday) 05:06:07.089
    const AT: i64 = ((18_690 * 24 + 5) * 3600 + 6 * 60 + 7) * 1_000_000 + 89_000;

    fn formatted(pattern: &str) -> String {
        let mut out = String::new();
        Pattern::new(pattern).unwrap().format(AT, &mut out);
        out
    }

    #[test]
    fn formats_as_java_does() {
        for (pattern, text) in [
            ("yyyy-MM-dd HH:mm:ss.SSS", "2021-03-04 05:06:07.089"),
            ("yy/M/d h:m:s a", "21/3/4 5:6:7 AM"),
            ("EEE, d MMM yyyy", "Thu, 4 Mar 2021"),
            ("EEEE MMMM DDD", "Thursday March 063"),
            ("yyyyMMdd'T'HHmm ''", "20210304T0506 '"),
        ] {
            assert_eq!(formatted(pattern), text);
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let whole_second = AT - 89_000;
        for (pattern, expected) in [
            ("yyyy-MM-dd HH:mm:ss.SSS", AT),
            ("yyyyMMddHHmmss", whole_second),
            ("dd MMM yyyy hh:mm:ss a", whole_second),
            ("yyyy-DDD HH:mm:ss", whole_second),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().parse(&formatted(pattern)), Some(expected), "{pattern}");
        }
        assert_eq!(Pattern::new("yyyy-MM-dd").unwrap().parse("2021-02-30"), None);
        assert_eq!(Pattern::new("yyyy-MM-dd").unwrap().parse("2021-02-03x"), None);
        // as many digits as letters at least
        assert_eq!(Pattern::new("yyyy-MM-dd").unwrap().parse("21-2-3"), None);
        assert_eq!(Pattern::new("yyyy-M-d").unwrap().parse("2021-2-13"), Some(18_671 * MICROS_PER_DAY));
    }

    #[test]
    fn unknown_letters_are_named() {
        assert!(Pattern::new("yyyy-ww").unwrap_err().contains("'w'"));
        assert!(Pattern::new("yyyy'").unwrap_err().contains("quote"));
    }
}
