//! Under strict balance people go in rings: who leads where nobody comes back from is never used.
//!
//! Problem: rule out, exactly and before any search, the triples that lie on no ring of their date.
//! Method: the strongly connected components of each date's graph of libraries, with a hub that stands for whatever
//! ties visitors and leavers less than strictly. A triple from one component to another lies on no ring. Components
//! are numbered by the longest way to them, so that the certificate can make such triples worth nothing.
//! Complexity: linear in the triples.
//! Literature: Tarjan (1972).

use super::num::Ix;
use super::problem::Problem;

/// Rules out the triples that lie on no ring, and notes the depth of each library-day.
pub(super) fn prune(problem: &mut Problem) {
    let hub = problem.libraries;
    let mut gone: Vec<(usize, usize)> = Vec::new();
    for date in 0..problem.dates {
        let mut next: Vec<Vec<Ix>> = vec![Vec::new(); hub + 1];
        let mut is_tied = vec![false; hub + 1];
        for library in 0..hub {
            let day = problem.day(Ix::new(library), Ix::new(date));
            if problem.balance[day] != Some(0) || problem.shift[day] != 0 {
                is_tied[library] = true;
                next[library].push(Ix::new(hub));
                next[hub].push(Ix::new(library));
            }
        }
        for pair in 0..problem.pairs.len() {
            if problem.open.has(pair, date) {
                next[problem.home_of(pair).at()].push(problem.pairs[pair].host);
            }
        }
        for list in &mut next {
            list.sort_unstable();
            list.dedup();
        }
        let component = components(&next);
        let depth = depths(&next, &component);
        let at_hub = depth[component[hub]];
        let deepest = depth.iter().map(|depth| (depth - at_hub).abs()).max().unwrap_or(0);
        // Steps of the certificate have to stay within 64 bits.
        let step = i128::from(problem.highest) * 1000 * 64;
        if step * i128::from(deepest + 1) > i128::from(i64::MAX / 64) {
            continue;
        }
        for library in 0..hub {
            let day = problem.day(Ix::new(library), Ix::new(date));
            problem.depth[day] = depth[component[library]] - at_hub;
        }
        for pair in 0..problem.pairs.len() {
            let (home, host) = (problem.home_of(pair).at(), problem.pairs[pair].host.at());
            if component[home] != component[host] && problem.open.has(pair, date) {
                gone.push((pair, date));
            }
        }
    }
    for (pair, date) in gone {
        problem.open.close(pair, date);
    }
    problem.drop_closed();
}

/// The strongly connected component of each node, numbered so that ways lead from higher numbers to lower ones.
fn components(next: &[Vec<Ix>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let n = next.len();
    let (mut component, mut low, mut order) = (vec![NONE; n], vec![0; n], vec![NONE; n]);
    let (mut stack, mut count, mut found) = (Vec::new(), 0, 0);
    for start in 0..n {
        if order[start] != NONE {
            continue;
        }
        // Nodes on the way, each with how many of its arcs are done.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((node, done)) = way.pop() {
            if done == 0 {
                (order[node], low[node]) = (count, count);
                count += 1;
                stack.push(node);
            }
            let mut done = done;
            let mut deeper = None;
            while let Some(to) = next[node].get(done) {
                done += 1;
                let to = to.at();
                if order[to] == NONE {
                    deeper = Some(to);
                    break;
                }
                if component[to] == NONE {
                    low[node] = low[node].min(order[to]);
                }
            }
            if let Some(to) = deeper {
                way.push((node, done));
                way.push((to, 0));
                continue;
            }
            if low[node] == order[node] {
                while let Some(last) = stack.pop() {
                    component[last] = found;
                    if last == node {
                        break;
                    }
                }
                found += 1;
            }
            if let Some((above, _)) = way.last() {
                low[*above] = low[*above].min(low[node]);
            }
        }
    }
    component
}

/// The longest way, in components, by which each component is come to.
fn depths(next: &[Vec<Ix>], component: &[usize]) -> Vec<i64> {
    let count = component.iter().max().map_or(0, |most| most + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (node, of) in component.iter().enumerate() {
        members[*of].push(node);
    }
    let mut depth = vec![0_i64; count];
    for of in (0..count).rev() {
        for node in &members[of] {
            for to in &next[*node] {
                let to = component[to.at()];
                if to != of {
                    depth[to] = depth[to].max(depth[of] + 1);
                }
            }
        }
    }
    depth
}
