//! How wide a visitor sees the page: one of five classes, so that no width which is somebody's own is kept.

/// Widths in pixels from which on a class begins, with its name. 576, 992 and 1440 are what Plausible parted phones, tablets,
/// laptops and desktops by, the first two from Bootstrap; 1920 is full HD.
const CLASSES: [(u32, &str); 5] = [
    (1920, "1920 px and more"),
    (1440, "1440-1919 px"),
    (992, "992-1439 px"),
    (576, "576-991 px"),
    (0, "up to 575 px"),
];

/// All classes, the widest first.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.into_iter().map(|(_, name)| name)
}

/// The class of a width in pixels.
///
/// ```
/// use trackflow::ingest::enrich::screen::class;
///
/// assert_eq!(class(390), "up to 575 px");
/// assert_eq!(class(1440), "1440-1919 px");
/// ```
#[must_use]
pub fn class(width: u32) -> &'static str {
    let found = CLASSES.iter().find(|(from, _)| width >= *from);
    found.map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_begins_where_the_one_below_ends() {
        for (width, expected) in [
            (1, "up to 575 px"),
            (575, "up to 575 px"),
            (576, "576-991 px"),
            (991, "576-991 px"),
            (992, "992-1439 px"),
            (1439, "992-1439 px"),
            (1919, "1440-1919 px"),
            (1920, "1920 px and more"),
            (u32::MAX, "1920 px and more"),
        ] {
            assert_eq!(class(width), expected, "{width}");
        }
    }
}
