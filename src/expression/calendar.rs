//! Days and microseconds since 1970-01-01 to calendar fields and back (proleptic Gregorian, no zone), and
//! Flink's own text for them.

use std::fmt::Write;

pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;
pub(crate) const MILLIS_PER_DAY: i64 = 86_400_000;

/// Year, month (1-12) and day (1-31) of a day number.
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    // eras of 400 years that begin on 1 March, so that the leap day is a year's last
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The day number of a date; the fields need not be checked first.
pub(crate) fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

pub(crate) fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day number of a date that exists.
pub(crate) fn checked_days(year: i64, month: u32, day: u32) -> Option<i64> {
    let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    (exists && (0..=9999).contains(&year)).then(|| days(year, month, day))
}

/// Monday is 1, Sunday 7.
pub(crate) fn iso_weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// The ISO 8601 week of a day.
pub(crate) fn iso_week(day: i64) -> i64 {
    // the week belongs to the year of its Thursday
    let thursday = day - iso_weekday(day) + 4;
    let (year, _, _) = civil(thursday);
    (thursday - days(year, 1, 1)) / 7 + 1
}

pub(crate) fn write_date(out: &mut impl Write, days: i64) {
    let (year, month, day) = civil(days);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

/// `HH:mm:ss`, with the fraction in `digits` digits or none for 0.
pub(crate) fn write_time(out: &mut impl Write, micros: i64, digits: usize) {
    let seconds = micros / 1_000_000;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if digits > 0 {
        let fraction = format!("{:06}", micros % 1_000_000);
        let _ = write!(out, ".{}", &fraction[..digits.min(6)]);
    }
}

pub(crate) fn write_timestamp(out: &mut impl Write, micros: i64) {
    write_date(out, micros.div_euclid(MICROS_PER_DAY));
    let _ = out.write_char(' ');
    write_time(out, micros.rem_euclid(MICROS_PER_DAY), 6);
}

/// `yyyy-MM-dd`; what stands behind a time separator is not looked at, as in Flink's cast to DATE.
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let date = text.split([' ', 'T']).next()?;
    let mut parts = date.splitn(3, '-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
    let day = parts.next().map_or(Some(1), |part| number(part, 2))?;
    checked_days(year, month as u32, day as u32)
}

/// `HH:mm[:ss[.fraction]]` in microseconds.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let (clock, fraction) = text.split_once('.').map_or((text, ""), |(clock, fraction)| (clock, fraction));
    let mut parts = clock.splitn(3, ':');
    let hour = number(parts.next()?, 2)?;
    let minute = parts.next().map_or(Some(0), |part| number(part, 2))?;
    let second = parts.next().map_or(Some(0), |part| number(part, 2))?;
    if hour > 23 || minute > 59 || second > 59 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros: i64 = format!("{:0<6}", &fraction[..fraction.len().min(6)]).parse().ok()?;
    Some((hour * 3600 + minute * 60 + second) * 1_000_000 + micros)
}

/// `yyyy-MM-dd[ HH:mm:ss[.fraction]]`, with a blank or a `T` in the middle, in microseconds.
pub(crate) fn parse_timestamp(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "0:0:0"));
    if date.matches('-').count() != 2 {
        return None;
    }
    Some(parse_date(date)? * MICROS_PER_DAY + parse_time(time)?)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let fits = !text.is_empty() && text.len() <= digits && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_and_back() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(19_782), (2024, 2, 29)); // 54 years with 13 leap days: 19723 to 2024-01-01, then 59
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
    }

    #[test]
    fn iso_weeks() {
        // 2020-12-31 was the Thursday of week 53; 2021-01-03 its Sunday; 2021-01-04 began week 1
        assert_eq!(iso_week(days(2020, 12, 31)), 53);
        assert_eq!(iso_week(days(2021, 1, 3)), 53);
        assert_eq!(iso_week(days(2021, 1, 4)), 1);
        assert_eq!(iso_weekday(days(2021, 1, 3)), 7);
    }

    #[test]
    fn texts() {
        assert_eq!(parse_date("2024-2-29"), Some(19_782));
        assert_eq!(parse_date("2023-02-29"), None);
        assert_eq!(parse_time("12:34:56.5"), Some(45_296_500_000));
        assert_eq!(parse_timestamp("1970-01-02T00:00:01"), Some(MICROS_PER_DAY + 1_000_000));
        assert_eq!(parse_timestamp("1970-01-01 25:00:00"), None);
        let mut out = String::new();
        write_timestamp(&mut out, -1);
        assert_eq!(out, "1969-12-31 23:59:59.999999");
    }
}
