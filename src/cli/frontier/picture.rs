//! The frontier as a table, as bars on a terminal, and as bars in SVG.

use std::fmt::Write;

use super::words;
use crate::cli::table::aligned;
use crate::matching::frontier::{Figures, Point};

/// One line for each rule.
pub(super) fn table(points: &[Point]) -> String {
    let mut rows =
        vec![["rule", "placed", "value", "bound", "gap", "rings", "longest"].map(str::to_owned).to_vec()];
    for point in points {
        rows.push(match &point.figures {
            Ok(figures) => vec![
                words(point),
                figures.placed.to_string(),
                figures.value.to_string(),
                figures.bound.to_string(),
                gap(figures),
                figures.rings.0.to_string(),
                figures.rings.1.to_string(),
            ],
            Err(error) => vec![words(point), error.code().to_owned()],
        });
    }
    aligned(&rows)
}

fn gap(figures: &Figures) -> String {
    if figures.value == figures.bound {
        return "optimal".to_owned();
    }
    let hundredths = (figures.bound - figures.value).saturating_mul(1_000_000) / figures.bound.max(1);
    format!("{}.{:04} %", hundredths / 10_000, hundredths % 10_000)
}

/// How many of so many parts a bar has.
fn length(placed: i64, people: usize, parts: i64) -> usize {
    let people = i64::try_from(people).unwrap_or(i64::MAX).max(1);
    usize::try_from(placed.saturating_mul(parts) / people).unwrap_or(0)
}

/// People placed, as bars of half characters; the whole width is everybody.
pub(super) fn bars(points: &[Point], people: usize) -> String {
    const WIDTH: i64 = 50;
    let widest = points.iter().map(|point| words(point).chars().count()).max().unwrap_or(0);
    let mut out = format!("People placed, of {people}\n");
    for point in points {
        let (bar, label) = match &point.figures {
            Ok(figures) => {
                let halves = length(figures.placed, people, 2 * WIDTH);
                let bar = "█".repeat(halves / 2) + if halves % 2 == 1 { "▌" } else { "" };
                (bar, figures.placed.to_string())
            }
            Err(error) => (String::new(), error.code().to_owned()),
        };
        // Writing to a String cannot fail.
        _ = writeln!(out, "{:<widest$}  {bar} {label}", words(point));
    }
    out
}

/// The same bars as SVG, readable alone: a title, a label at each bar, and a description for those who cannot see it.
pub(super) fn svg(title: &str, points: &[Point], people: usize) -> String {
    const ROW: usize = 28;
    const LEFT: usize = 130;
    const WIDE: i64 = 480;
    let height = 60 + points.len() * ROW;
    let title = escape(title);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 {height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"14\">\n<title>{title}: people placed, of {people}</title>\n\
         <rect width=\"700\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"10\" y=\"28\" font-weight=\"bold\">{title}: people placed, of {people}</text>\n"
    );
    for (n, point) in points.iter().enumerate() {
        let top = 46 + n * ROW;
        let (bar, label) = match &point.figures {
            Ok(figures) if figures.value == figures.bound => {
                (length(figures.placed, people, WIDE), figures.placed.to_string())
            }
            Ok(figures) => {
                (length(figures.placed, people, WIDE), format!("{} (gap {})", figures.placed, gap(figures)))
            }
            Err(error) => (0, error.code().to_owned()),
        };
        let (base, end) = (top + 15, LEFT + bar + 6);
        _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{base}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{top}\" width=\"{bar}\" height=\"20\" fill=\"#2b6cb0\"/>\n\
             <text x=\"{end}\" y=\"{base}\">{label}</text>",
            LEFT - 8,
            words(point),
        );
    }
    out + "</svg>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::MatchError;
    use crate::matching::frontier::Strictness;

    fn points() -> Vec<Point> {
        let rule = |balance, max_ring| Strictness { balance, max_ring };
        let figures = |placed, bound| Ok(Figures { placed, value: 1000 * placed, bound, rings: (3, 4) });
        vec![
            Point { rule: rule(Some(0), Some(2)), figures: Err(MatchError::LocksInfeasible) },
            Point { rule: rule(Some(0), Some(3)), figures: figures(10, 10_050) },
            Point { rule: rule(None, None), figures: figures(20, 20_000) },
        ]
    }

    #[test]
    fn the_table_lines_up_and_tells_gaps() {
        let table = table(&points());
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[1], "direct swaps  locks_infeasible");
        assert_eq!(lines[2], "rings of 3                  10  10000  10050  0.4975 %      3        4");
        assert_eq!(lines[3], "balance off                 20  20000  20000   optimal      3        4");
    }

    #[test]
    fn bars_are_in_proportion() {
        let bars = bars(&points(), 40);
        let blocks = |n: usize| bars.lines().nth(n).expect("a line").matches('█').count();
        assert_eq!([blocks(1), blocks(2), blocks(3)], [0, 12, 25]);
        assert!(bars.contains("▌ 10"), "{bars}");
    }

    #[test]
    fn the_svg_is_whole_and_escapes_the_name() {
        let svg = svg("R & D <1>", &points(), 40);
        assert!(svg.contains("R &amp; D &lt;1&gt;") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("width=\"240\"") && svg.contains("10 (gap 0.4975 %)"), "{svg}");
    }
}
