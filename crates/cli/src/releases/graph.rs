//! Draws a release graph: as text for terminals, for Graphviz, or for Mermaid. No IO: the caller passes all data.
//!
//! The releases form a tree whose root is the latest release: each release has at most one next release, and all paths end in the latest
//! one.

mod marks;

use std::collections::HashMap;
use std::fmt::Write as _;

use olivine_api::releases::Release;

/// A release, and the number of devices on it if the user asked for it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) release: Release,
    pub(super) devices: Option<u64>,
}

/// Draws the releases from the first ones to the latest, one per line. Where paths meet, the longest one goes straight down, and the others
/// are indented beside it.
pub(super) fn text(steps: &[Step], cohort_devices: u64) -> String {
    if steps.is_empty() {
        return "no releases\n".to_owned();
    }
    let tree = Tree::of(steps);
    let lines = tree.lines();
    let columns: Vec<_> = steps.iter().map(|step| Columns::of(step, cohort_devices)).collect();
    let shown = |line: &Line| match line {
        Line::Drawn(_) => 0,
        Line::Release(prefix, index) => width(prefix) + width(&columns[*index].name),
    };
    let name = lines.iter().map(shown).max().unwrap_or(0);
    let marks = columns.iter().map(|columns| width(&columns.marks)).max().unwrap_or(0);
    let devices = columns.iter().map(|columns| width(&columns.devices)).max().unwrap_or(0);
    let mut text = String::new();
    for line in &lines {
        let line = match line {
            Line::Drawn(line) => line.clone(),
            Line::Release(prefix, index) => {
                let Columns { name: label, marks: said, devices: count } = &columns[*index];
                let rest = name - width(prefix);
                let latest = if tree.next[*index].is_none() { "← latest" } else { "" };
                let mut line = format!("{prefix}{label:rest$}");
                for (column, width) in
                    [(format!("{said:marks$}"), marks), (format!("{count:>devices$}"), devices)]
                {
                    if width > 0 {
                        let _ = write!(line, "  {column}");
                    }
                }
                format!("{line}  {latest}")
            }
        };
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The graph in the language of Graphviz.
pub(super) fn dot(steps: &[Step], cohort_devices: u64) -> String {
    let mut text = "digraph releases {\n  node [shape=box];\n".to_owned();
    for (index, step) in steps.iter().enumerate() {
        let lines: Vec<_> = label(step, cohort_devices).iter().map(|line| dot_escaped(line)).collect();
        let style = if step.release.disabled { ", style=dashed" } else { "" };
        let _ = writeln!(text, "  r{index} [label=\"{}\"{style}];", lines.join("\\n"));
    }
    for (from, to) in edges(steps) {
        let _ = writeln!(text, "  r{from} -> r{to};");
    }
    text + "}\n"
}

/// The graph in the language of Mermaid.
pub(super) fn mermaid(steps: &[Step], cohort_devices: u64) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for (index, step) in steps.iter().enumerate() {
        let lines: Vec<_> = label(step, cohort_devices).iter().map(|line| mermaid_escaped(line)).collect();
        let _ = writeln!(text, "  r{index}[\"{}\"]", lines.join("<br>"));
    }
    for (from, to) in edges(steps) {
        let _ = writeln!(text, "  r{from} --> r{to}");
    }
    text
}

fn label(step: &Step, cohort_devices: u64) -> Vec<String> {
    let Columns { name, marks, devices } = Columns::of(step, cohort_devices);
    [name.as_str(), &marks, devices.trim_end()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn edges(steps: &[Step]) -> impl Iterator<Item = (usize, usize)> {
    let next = Tree::of(steps).next;
    next.into_iter().enumerate().filter_map(|(from, to)| Some((from, to?)))
}

fn dot_escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Writes every character of a label as a number, except letters, digits and characters that certainly have no special meaning in Mermaid.
fn mermaid_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || " .,:-+=()/%…\u{fffd}".contains(c) {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// The texts about a release.
struct Columns {
    name: String,
    marks: String,
    devices: String,
}

impl Columns {
    fn of(step: &Step, cohort_devices: u64) -> Self {
        let devices = step.devices.map(|count| marks::counted(count, "device")).unwrap_or_default();
        // Aligns the digits of "1 device" with those of "2 devices".
        let devices = if step.devices == Some(1) { devices + " " } else { devices };
        let marks = marks::of(&step.release, cohort_devices).join(", ");
        Self { name: marks::name(&step.release), marks, devices }
    }
}

/// A line of the drawing.
enum Line {
    Drawn(String),
    /// The text before the release, and the index of the release.
    Release(String, usize),
}

/// The releases, referred to by their index in the list.
struct Tree {
    next: Vec<Option<usize>>,
    /// The previous releases of each one. The one with the longest path comes first.
    previous: Vec<Vec<usize>>,
}

impl Tree {
    fn of(steps: &[Step]) -> Self {
        let places: HashMap<_, _> =
            steps.iter().enumerate().map(|(index, step)| (step.release.prn.as_str(), index)).collect();
        let find = |step: &Step| places.get(step.release.next_release_prn.as_deref()?).copied();
        let next: Vec<_> = steps.iter().map(find).collect();
        let mut previous = vec![Vec::new(); steps.len()];
        for (index, next) in next.iter().enumerate() {
            if let Some(next) = next {
                previous[*next].push(index);
            }
        }
        let mut tree = Self { next, previous };
        tree.sort();
        tree
    }

    fn ends(&self) -> Vec<usize> {
        (0..self.next.len()).filter(|index| self.next[*index].is_none()).collect()
    }

    /// Not recursive, because a graph may have any length.
    fn sort(&mut self) {
        let mut order = self.ends();
        let mut seen = 0;
        while seen < order.len() {
            order.extend_from_slice(&self.previous[order[seen]]);
            seen += 1;
        }
        let mut lengths = vec![1_usize; self.next.len()];
        for index in order.into_iter().rev() {
            let longest = self.previous[index].iter().map(|before| lengths[*before]).max().unwrap_or(0);
            lengths[index] = longest + 1;
            self.previous[index].sort_by_key(|before| std::cmp::Reverse(lengths[*before]));
        }
    }

    /// The lines are made upwards from the latest release, and then reversed.
    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for end in self.ends().into_iter().rev() {
            if !lines.is_empty() {
                lines.push(Line::Drawn(String::new()));
            }
            let mut stack = vec![Line::Release(String::new(), end)];
            while let Some(line) = stack.pop() {
                if let Line::Release(prefix, index) = &line {
                    stack.extend(self.above(prefix, *index));
                }
                lines.push(line);
            }
        }
        lines.reverse();
        lines
    }

    /// The lines above a release; the last one is the nearest.
    fn above(&self, prefix: &str, index: usize) -> Vec<Line> {
        let Some((main, others)) = self.previous[index].split_first() else { return Vec::new() };
        let mut above = vec![Line::Release(prefix.to_owned(), *main)];
        for other in others {
            above.push(Line::Release(format!("{prefix}  │  "), *other));
            above.push(Line::Drawn(format!("{prefix}  ├──┘")));
        }
        above.push(Line::Drawn(format!("{prefix}  ↓")));
        above
    }
}

#[cfg(test)]
mod tests;
