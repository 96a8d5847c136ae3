//! All chart islands with fixture data, for `trunk serve`.

fn main() {}
