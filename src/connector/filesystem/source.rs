//! The source: each file is a split, read from front to back by one subtask.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use super::Formatting;
use super::discover::{files, local_path};
use super::error::FileError;
use super::reader::FileReader;
use crate::connector::{Boundedness, Source, SourceReader, Spec, Split, SplitEnumerator};
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;

pub struct FileSource {
    paths: Vec<PathBuf>,
    monitor: Option<Duration>,
    formatting: Formatting,
}

impl FileSource {
    pub fn new(spec: &Spec) -> Result<Self> {
        let text = spec.options.require("path")?;
        let paths: Vec<String> = serde_json::from_str(text)
            .map_err(|_| Error::config(format!("the option 'path' is '{text}', which is not a JSON list of paths")))?;
        if paths.is_empty() {
            return Err(Error::config("the option 'path' lists no path"));
        }
        let monitor = match spec.options.get("monitor-interval-ms") {
            None => None,
            Some(_) => Some(Duration::from_millis(spec.options.parse("monitor-interval-ms", 0u64)?.max(1))),
        };
        let formatting = Formatting::new(spec)?;
        let source = FileSource {
            paths: paths.iter().map(|path| local_path(path)).collect::<Result<_>>()?,
            monitor,
            formatting,
        };
        // what is wrong with the format's options shows here, before the job starts
        super::reader::Records::new(&source.formatting)?;
        Ok(source)
    }
}

impl Source for FileSource {
    fn boundedness(&self) -> Boundedness {
        if self.monitor.is_some() { Boundedness::Unbounded } else { Boundedness::Bounded }
    }

    fn enumerator(&self, _context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(Enumerator { paths: self.paths.clone(), monitor: self.monitor, known: HashSet::new() }))
    }

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        Ok(Box::new(FileReader::new(&self.formatting, context)?))
    }
}

struct Enumerator {
    paths: Vec<PathBuf>,
    monitor: Option<Duration>,
    known: HashSet<PathBuf>,
}

impl SplitEnumerator for Enumerator {
    fn discover(&mut self) -> Result<Vec<Split>> {
        let mut splits = Vec::new();
        for path in &self.paths {
            let found = match files(path) {
                // a path that was there may be cleared away while the source waits for new files
                Err(_) if !self.known.is_empty() && self.monitor.is_some() && !path.exists() => continue,
                other => other?,
            };
            for file in found {
                if self.known.insert(file.clone()) {
                    let id = file.to_str().ok_or_else(|| FileError::Name { path: file.clone() })?.to_owned();
                    splits.push(Split { id, position: 0u64.to_le_bytes().to_vec() });
                }
            }
        }
        Ok(splits)
    }

    fn interval(&self) -> Option<Duration> {
        self.monitor
    }
}
