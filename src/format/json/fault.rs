//! What went wrong while a payload was parsed; the path to it is put together on the way out, so that a good
//! record pays nothing for it.

use std::fmt::Write;

use super::super::error::FormatError;

pub(super) type Parsed<T> = Result<T, Box<Fault>>;

pub(super) struct Fault {
    offset: usize,
    what: What,
    /// From the innermost to the outermost.
    path: Vec<Segment>,
}

enum What {
    Syntax { expected: &'static str, found: String },
    Conversion { expected: String, found: String },
    Missing,
    TooLarge,
}

enum Segment {
    Field(String),
    Index(usize),
}

impl Fault {
    #[cold]
    pub fn syntax(offset: usize, expected: &'static str, found: String) -> Box<Self> {
        Box::new(Fault { offset, what: What::Syntax { expected, found }, path: Vec::new() })
    }

    #[cold]
    pub fn conversion(offset: usize, expected: String, found: String) -> Box<Self> {
        Box::new(Fault { offset, what: What::Conversion { expected, found }, path: Vec::new() })
    }

    #[cold]
    pub fn missing(offset: usize) -> Box<Self> {
        Box::new(Fault { offset, what: What::Missing, path: Vec::new() })
    }

    #[cold]
    pub fn too_large(offset: usize) -> Box<Self> {
        Box::new(Fault { offset, what: What::TooLarge, path: Vec::new() })
    }

    #[cold]
    pub fn in_field(mut self: Box<Self>, name: &str) -> Box<Self> {
        self.path.push(Segment::Field(name.to_owned()));
        self
    }

    #[cold]
    pub fn in_item(mut self: Box<Self>, index: usize) -> Box<Self> {
        self.path.push(Segment::Index(index));
        self
    }

    /// The text is well-formed, only a value does not fit: what `ignore-parse-errors` turns into NULL.
    pub fn is_conversion(&self) -> bool {
        matches!(self.what, What::Conversion { .. })
    }

    pub fn explain(self, format: &'static str) -> FormatError {
        let mut path = String::new();
        for segment in self.path.iter().rev() {
            let written = match segment {
                Segment::Field(name) if path.is_empty() => write!(path, "{name}"),
                Segment::Field(name) => write!(path, ".{name}"),
                Segment::Index(index) => write!(path, "[{index}]"),
            };
            written.expect("a string takes any text");
        }
        let offset = self.offset;
        match self.what {
            What::Syntax { expected, found } => {
                FormatError::Malformed { format, path, offset, expected: expected.to_owned(), found }
            }
            What::Conversion { expected, found } => FormatError::Mismatch { format, path, offset, expected, found },
            What::Missing => FormatError::Missing { format, path, offset },
            What::TooLarge => FormatError::TooLarge { format, path },
        }
    }
}
