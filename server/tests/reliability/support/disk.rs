//! A disk that can be filled and freed.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// A small file system in memory; unmounted when dropped.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// `None`, and a word of it, where mounting is not permitted.
    pub(crate) fn mount(folder: &Path, size_mib: u32) -> Option<Self> {
        fs::remove_dir_all(folder).expect("an empty folder to mount on");
        fs::create_dir_all(folder).expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "tmpfs", "-o"])
            .arg(format!("size={size_mib}m"))
            .arg(folder)
            .output();
        if mounted.is_ok_and(|ran| ran.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        println!("NOT RUN: R5 needs to mount a file system, which this user may not");
        None
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Takes what space there is.
    pub(crate) fn fill(&self) {
        let path = self.0.join("ballast");
        let file = fs::File::options().create(true).append(true).open(path);
        let mut file = file.expect("a file");
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    /// Takes what space there is but for so many bytes.
    pub(crate) fn fill_but(&self, bytes: u64) {
        self.fill();
        let file = fs::File::options().write(true).open(self.0.join("ballast"));
        let file = file.expect("the ballast");
        let length = file.metadata().expect("its length").len();
        file.set_len(length.saturating_sub(bytes))
            .expect("it shrinks");
    }

    pub(crate) fn free(&self) {
        fs::remove_file(self.0.join("ballast")).expect("the ballast");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a program that is killed by a failed test may still have files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
