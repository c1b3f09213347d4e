//! Names that a mistyped one may have meant.

/// Up to three of `known` that are close to `name`, the closest first.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let limit = (name.len() / 3).max(2);
    let mut found: Vec<(usize, &str)> =
        known.map(|other| (distance(name, other), other)).filter(|(distance, _)| *distance <= limit).collect();
    found.sort();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Levenshtein's distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_comes_first() {
        let known = ["group.id", "client.id", "group.instance.id", "acks"];
        assert_eq!(nearest("gruop.id", known.into_iter()), ["group.id"]);
        assert!(nearest("something.else", known.into_iter()).is_empty());
    }

    #[test]
    fn distance_counts_edits() {
        // the textbook pair: k→s, e→i, +g
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
