//! Which files a path stands for: the file itself, everything below a directory, or what a glob matches.
//!
//! Files and directories whose names begin with `.` or `_` are passed over unless they are named themselves, as in
//! Flink: sinks write unfinished files under such names.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use regex::Regex;

use super::error::FileError;
use crate::error::{Error, Result};

/// The path without a `file:` scheme.
pub fn local_path(text: &str) -> Result<PathBuf> {
    if let Some(rest) = text.strip_prefix("file:") {
        // file:///a and file:/a; a host in between would be another machine
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.starts_with('/') {
            return Ok(PathBuf::from(path));
        }
        return Err(FileError::Remote { path: text.to_owned() }.into());
    }
    match text.split_once("://") {
        Some(_) => Err(FileError::Remote { path: text.to_owned() }.into()),
        None => Ok(PathBuf::from(text)),
    }
}

/// The files that `path` stands for now, in the order of their names.
pub fn files(path: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    // a name may hold the characters of a glob: what exists under it goes first
    if path.exists() || !has_wildcards(path.as_os_str()) {
        collect(path, &mut found)?;
        return Ok(found);
    }
    let mut matched = BTreeSet::from([PathBuf::new()]);
    for component in path.components() {
        matched = match component {
            Component::Normal(name) if has_wildcards(name) => {
                let name = name.to_string_lossy();
                if name == "**" { descend(&matched)? } else { children(&matched, &glob(&name)?)? }
            }
            other => matched.iter().map(|base| base.join(other)).filter(|path| path.exists()).collect(),
        };
    }
    for path in &matched {
        collect(path, &mut found)?;
    }
    if found.is_empty() {
        return Err(FileError::Missing { path: path.to_owned() }.into());
    }
    Ok(found)
}

fn collect(path: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|error| FileError::io("read", path, error))?;
    if !metadata.is_dir() {
        found.insert(path.to_owned());
        return Ok(());
    }
    for child in list(path)? {
        match collect(&child, found) {
            // removed since the directory was listed
            Err(_) if !child.exists() => {}
            other => other?,
        }
    }
    Ok(())
}

/// What a directory holds, without hidden names.
fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| FileError::io("list", directory, error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !matches!(entry.file_name().as_encoded_bytes().first(), Some(b'.' | b'_')) {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

fn children(bases: &BTreeSet<PathBuf>, pattern: &Regex) -> Result<BTreeSet<PathBuf>> {
    let mut matched = BTreeSet::new();
    for base in bases.iter().map(|base| directory(base)).filter(|base| base.is_dir()) {
        let fits = |path: &PathBuf| path.file_name().is_some_and(|name| pattern.is_match(&name.to_string_lossy()));
        matched.extend(list(base)?.into_iter().filter(fits));
    }
    Ok(matched)
}

/// The directories themselves and all below them.
fn descend(bases: &BTreeSet<PathBuf>) -> Result<BTreeSet<PathBuf>> {
    let mut all = bases.clone();
    let mut open: Vec<PathBuf> = bases.iter().cloned().collect();
    while let Some(base) = open.pop() {
        for child in list(directory(&base))?.into_iter().filter(|path| path.is_dir()) {
            if all.insert(child.clone()) {
                open.push(child);
            }
        }
    }
    Ok(all)
}

fn directory(base: &Path) -> &Path {
    if base.as_os_str().is_empty() { Path::new(".") } else { base }
}

fn has_wildcards(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'{'))
}

/// `*`, `?`, `[a-z]`, `[!a]` and `{a,b}` within one name.
fn glob(pattern: &str) -> Result<Regex> {
    let mut regex = String::from("^");
    let mut alternatives = 0;
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                regex.push('[');
                if rest.next_if(|c| matches!(c, '!' | '^')).is_some() {
                    regex.push('^');
                }
                for c in rest.by_ref() {
                    match c {
                        ']' => break,
                        '\\' | '[' | '&' | '~' => regex.extend(['\\', c]),
                        c => regex.push(c),
                    }
                }
                regex.push(']');
            }
            '{' => {
                alternatives += 1;
                regex.push_str("(?:");
            }
            '}' if alternatives > 0 => {
                alternatives -= 1;
                regex.push(')');
            }
            ',' if alternatives > 0 => regex.push('|'),
            '\\' => regex.push_str(&regex::escape(&rest.next().unwrap_or('\\').to_string())),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    Regex::new(&regex).map_err(|_| {
        Error::config(format!("the glob '{pattern}' is malformed"))
            .with_hint("the wildcards are *, ?, [a-z], {a,b} and ** for any number of directories")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{create_dir_all, write};

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.json", "b.json", "c.txt", ".hidden.json", "_tmp.json", "in/d.json", "in/_x/e.json", "x[1].txt"]
        {
            let path = folder.path().join(name);
            create_dir_all(path.parent().unwrap()).unwrap();
            write(path, "").unwrap();
        }
        folder
    }

    fn names(folder: &Path, pattern: &str) -> Vec<String> {
        let relative = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        files(&folder.join(pattern)).unwrap().iter().map(relative).collect()
    }

    #[test]
    fn directories_without_hidden_names() {
        let folder = tree();
        assert_eq!(names(folder.path(), ""), ["a.json", "b.json", "c.txt", "in/d.json", "x[1].txt"]);
        assert_eq!(names(folder.path(), "_tmp.json"), ["_tmp.json"]);
    }

    #[test]
    fn globs() {
        let folder = tree();
        assert_eq!(names(folder.path(), "*.json"), ["a.json", "b.json"]);
        assert_eq!(names(folder.path(), "**/*.json"), ["a.json", "b.json", "in/d.json"]);
        assert_eq!(names(folder.path(), "[!a].{json,txt}"), ["b.json", "c.txt"]);
        assert_eq!(names(folder.path(), "?.json"), ["a.json", "b.json"]);
        assert_eq!(names(folder.path(), "x[1].txt"), ["x[1].txt"]);
    }

    #[test]
    fn a_missing_path_is_named() {
        let folder = tree();
        for pattern in ["nothing.json", "no*.json", "in/nowhere/*"] {
            let error = files(&folder.path().join(pattern)).unwrap_err();
            assert!(error.message().contains(pattern), "{error}");
        }
    }

    #[test]
    fn only_local_paths() {
        assert_eq!(local_path("file:///tmp/a").unwrap(), Path::new("/tmp/a"));
        assert_eq!(local_path("file:/tmp/a").unwrap(), Path::new("/tmp/a"));
        assert_eq!(local_path("data/a").unwrap(), Path::new("data/a"));
        assert!(local_path("hdfs://node/a").unwrap_err().message().contains("hdfs://node/a"));
    }
}
