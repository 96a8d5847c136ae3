//! How the program takes memory from the system.

/// Has the system give memory in pages of 4 KiB only, for the rest of the program.
///
/// The allocator asks for huge pages, of which each thread then holds some that it hardly uses: with them a question over a year took
/// 150 MiB instead of 57 and a flood of events 85 instead of 57, and neither was answered sooner (docs/performance.md).
pub fn use_small_pages() {
    // A kernel without huge pages refuses, and has nothing to forbid.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
