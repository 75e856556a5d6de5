//! What is worth reading at the end: who goes where, the rings, what was proven, where to look.

use std::path::Path;

use serde_json::Value;

use super::checks::Evidence;
use super::picture::{Way, draw};

/// Prints the transcript.
pub(super) fn print(evidence: &Evidence, folder: &Path, base: &str) {
    let ways: Vec<(Way, String)> = evidence.placements.iter().filter_map(way).collect();
    say!("\nWho goes where");
    let mut ordered: Vec<&(Way, String)> = ways.iter().collect();
    ordered.sort_by(|(a, _), (b, _)| (a.date, &a.home).cmp(&(b.date, &b.home)));
    for (way, state) in ordered {
        say!(
            "  {}  {:<20} {:<34} → {:<34} {state}",
            way.date.format("%a %e %b"),
            cut(&way.person, 20),
            cut(&way.home, 34),
            cut(&way.host, 34)
        );
    }
    say!("\nThe rings, as they were published");
    let drawn: Vec<Way> = ways.into_iter().map(|(way, _)| way).collect();
    print!("{}", draw(&drawn));
    say!("\nWhere to look");
    say!("  mails and invitations  {}", folder.join("mails").display());
    say!("  HR's schedules         {}", folder.join("schedules").display());
    say!("  the database           {}", folder.join("library-swap.db").display());
    say!("  the API                {base}/docs (while the service runs)");
}

fn way(placement: &Value) -> Option<(Way, String)> {
    let name = |key: &str| placement[key]["name"].as_str().map(str::to_owned);
    let way = Way {
        person: name("participant")?,
        home: name("home")?,
        host: name("host")?,
        date: placement["date"].as_str()?.parse().ok()?,
        ring: placement["ring"].as_i64(),
    };
    Some((way, placement["state"].as_str()?.to_owned()))
}

/// A text of at most `most` characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}
