//! The keys of rows, and lists.

/// The length of a row's key in front of the key of the record.
pub const HEAD: usize = 8;

/// A row's key as it is made.
#[derive(Debug, Clone, Default)]
pub struct Rows;

impl Rows {
    /// Writes the key of the row that a state has for a key, or what the keys of all rows of a map begin with.
    pub fn of(group: u16, state: u16, key: &[u8], row: &mut Vec<u8>) {
        row.clear();
        row.extend_from_slice(&group.to_be_bytes());
        row.extend_from_slice(&state.to_be_bytes());
        row.extend_from_slice(&(key.len() as u32).to_be_bytes());
        row.extend_from_slice(key);
    }

    pub fn group(row: &[u8]) -> u16 {
        u16::from_be_bytes([row[0], row[1]])
    }

    pub fn state(row: &[u8]) -> u16 {
        u16::from_be_bytes([row[2], row[3]])
    }

    /// The key of the record, and what stands behind it; `None` where it is no row of ours.
    pub fn key(row: &[u8]) -> Option<(&[u8], &[u8])> {
        let length = u32::from_be_bytes(row.get(4..HEAD)?.try_into().ok()?);
        row[HEAD..].split_at_checked(length as usize)
    }

    /// What a row's value begins with, and what is the state's: where the key's first byte is 1, the key does not tell which
    /// object it is of, and that stands in front. `None` where it is no value of ours.
    pub fn value<'v>(key: &[u8], value: &'v [u8]) -> Option<(Option<&'v [u8]>, &'v [u8])> {
        if key.first() != Some(&1) {
            return Some((None, value));
        }
        let object = elements(value).next()??;
        Some((Some(object), &value[4 + object.len()..]))
    }
}

/// Appends an element to a list.
pub fn push_element(list: &mut Vec<u8>, element: &[u8]) {
    list.extend_from_slice(&(element.len() as u32).to_le_bytes());
    list.extend_from_slice(element);
}

/// The elements of a list; `None` in the place of one that is cut off.
pub fn elements(mut list: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        if list.is_empty() {
            return None;
        }
        let element = list.split_at_checked(4).and_then(|(length, rest)| {
            let length = u32::from_le_bytes(length.try_into().ok()?);
            rest.split_at_checked(length as usize)
        });
        list = element.map_or(&[], |(_, rest)| rest);
        Some(element.map(|(element, _)| element))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_its_group_state_and_key() {
        let mut row = vec![9];
        Rows::of(258, 3, b"user", &mut row);
        assert_eq!(row, [1, 2, 0, 3, 0, 0, 0, 4, b'u', b's', b'e', b'r']);
        row.extend_from_slice(b"entry");
        assert_eq!((Rows::group(&row), Rows::state(&row)), (258, 3));
        assert_eq!(Rows::key(&row), Some((&b"user"[..], &b"entry"[..])));
        assert_eq!(Rows::key(&row[..10]), None);
        assert_eq!(Rows::key(&row[..5]), None);
    }

    #[test]
    fn an_object_may_stand_in_front_of_a_value() {
        let value = [2, 0, 0, 0, b'k', b'e', b'v'];
        assert_eq!(Rows::value(b"\0key", &value), Some((None, &value[..])));
        assert_eq!(Rows::value(b"\x01key", &value), Some((Some(&b"ke"[..]), &b"v"[..])));
        assert_eq!(Rows::value(b"\x01key", &value[..5]), None);
        assert_eq!(Rows::value(b"\x01key", &[]), None);
    }

    #[test]
    fn lists_are_elements_one_behind_the_other() {
        let mut list = Vec::new();
        push_element(&mut list, b"one");
        push_element(&mut list, b"");
        assert_eq!(elements(&list).collect::<Vec<_>>(), [Some(&b"one"[..]), Some(&b""[..])]);
        assert_eq!(elements(&list[..6]).collect::<Vec<_>>(), [None]);
        assert_eq!(elements(&[255; 9]).collect::<Vec<_>>(), [None]);
    }
}
