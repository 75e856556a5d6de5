//! Work shared out among threads. What comes of it does not depend on how many there are.

/// Does something with each item, on so many threads; the results in the order of the items.
///
/// A panic in any of them goes on in the caller.
pub(super) fn on_threads<T: Send, R: Send>(
    items: Vec<T>,
    threads: usize,
    act: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    let act = &act;
    let mut items = items.into_iter();
    std::thread::scope(|scope| {
        let own: Vec<T> = items.by_ref().take(share).collect();
        let mut others = Vec::new();
        loop {
            let part: Vec<T> = items.by_ref().take(share).collect();
            if part.is_empty() {
                break;
            }
            others.push(scope.spawn(move || part.into_iter().map(act).collect::<Vec<R>>()));
        }
        let mut done: Vec<R> = own.into_iter().map(act).collect();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    })
}
