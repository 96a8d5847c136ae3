//! Browser, operating system and class of device, from the user agent.
//!
//! Woothee (data of 2021) does the parsing; what it gets wrong or does not know is put right by the tables below, in the
//! order in which they stand. Only major versions are kept: rare combinations would single out a person.

use std::{
    borrow::Cow,
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use quick_cache::sync::Cache;
use woothee::parser::{Parser, WootheeResult};

#[cfg(test)]
mod tests;

/// How many user agents are remembered; a busy site sees some thousand different ones a day.
const REMEMBERED: usize = 10_000;

/// Browsers that woothee does not know, by what they write before their version. The first that occurs counts.
const BROWSERS: [(&str, &str); 28] = [
    ("Electron/", "Electron app"),
    ("Instagram ", "Instagram"),
    ("FBAV/", "Facebook"),
    ("FBAN/", "Facebook"),
    ("musical_ly_", "TikTok"),
    ("trill_", "TikTok"),
    ("BytedanceWebview/", "TikTok"),
    ("MicroMessenger/", "WeChat"),
    ("Snapchat/", "Snapchat"),
    ("LinkedInApp", "LinkedIn"),
    ("Pinterest/", "Pinterest"),
    ("Line/", "LINE"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("Opera Mini/", "Opera Mini"),
    ("OPX/", "Opera GX"),
    ("OPT/", "Opera Touch"),
    ("UCBrowser/", "UC Browser"),
    ("MiuiBrowser/", "MIUI Browser"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("VivoBrowser/", "Vivo Browser"),
    ("HeyTapBrowser/", "HeyTap Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("QQBrowser/", "QQ Browser"),
    ("Whale/", "Whale"),
    ("Silk/", "Silk"),
    ("Ecosia", "Ecosia"),
    ("GSA/", "Google app"),
];

/// Systems that woothee does not know or names otherwise, by what occurs in the user agent.
const SYSTEMS: [(&str, &str); 15] = [
    ("PlayStation ", "PlayStation"),
    ("PLAYSTATION ", "PlayStation"),
    ("Xbox", "Xbox"),
    ("Nintendo", "Nintendo"),
    ("AppleTV", "tvOS"),
    ("Apple TV", "tvOS"),
    ("Tizen", "Tizen"),
    ("Web0S", "webOS"),
    ("webOS", "webOS"),
    ("Roku", "Roku"),
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("KAIOS/", "KaiOS"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
];

const TELEVISIONS: [&str; 11] = [
    "SMART-TV",
    "SmartTV",
    "Smart TV",
    "AppleTV",
    "Apple TV",
    "Web0S",
    "GoogleTV",
    "Android TV",
    "BRAVIA",
    "CrKey",
    "Roku",
];

/// The first version of iOS whose number Safari tells although the system's own is frozen at 18.
const FIRST_THAWED_SAFARI: u32 = 26;

/// What a user agent says about itself; empty means unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The browser's name; of an app that shows pages, the app's.
    pub browser: String,
    /// Its major version.
    pub browser_version: String,
    /// The operating system's name.
    pub system: String,
    /// Its major version, unless browsers write the same one whatever it is (macOS, reduced Android, Linux).
    pub system_version: String,
    /// `Desktop`, `Mobile`, `Tablet`, `TV`, `Console` or empty.
    pub class: &'static str,
}

/// Devices by user agent, with a memory. Remembers hashes under a random key, never a user agent itself.
pub struct Devices {
    known: Cache<u64, Arc<Device>>,
    hasher: RandomState,
}

impl fmt::Debug for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Devices").field(&self.known.len()).finish()
    }
}

impl Devices {
    pub(super) fn new() -> Self {
        Self {
            known: Cache::new(REMEMBERED),
            hasher: RandomState::new(),
        }
    }

    /// The device of a user agent: some 8 µs the first time, then 0.1 µs.
    #[must_use]
    pub fn of(&self, user_agent: &str) -> Arc<Device> {
        let hash = self.hasher.hash_one(user_agent);
        if let Some(device) = self.known.get(&hash) {
            return device;
        }
        let device = Arc::new(Device::of(user_agent));
        self.known.insert(hash, Arc::clone(&device));
        device
    }
}

impl Device {
    /// Parses a user agent.
    #[must_use]
    pub fn of(user_agent: &str) -> Self {
        let parsed = Parser::new().parse(user_agent).unwrap_or_default();
        let (browser, browser_version) = browser(user_agent, &parsed);
        let (system, system_version) = system(user_agent, &parsed);
        Self {
            browser: browser.to_owned(),
            browser_version: major(browser_version).to_owned(),
            class: class(user_agent, system, &parsed),
            system: system.to_owned(),
            system_version: system_version.into_owned(),
        }
    }
}

fn browser<'a>(user_agent: &'a str, parsed: &WootheeResult<'a>) -> (&'a str, &'a str) {
    for (token, name) in BROWSERS {
        if let Some((_, version)) = user_agent.split_once(token) {
            return (name, version);
        }
    }
    let is_android_web_view = user_agent.contains("; wv)");
    match parsed.name {
        _ if is_android_web_view => ("Android WebView", after(user_agent, "Chrome/")),
        "Webview" => ("iOS WebView", ""),
        // Consoles, whose browser has no name of its own.
        name if name == parsed.os => ("", ""),
        name => (known(name), known(parsed.version)),
    }
}

fn system<'a>(user_agent: &'a str, parsed: &WootheeResult<'a>) -> (&'static str, Cow<'a, str>) {
    for (token, name) in SYSTEMS {
        if let Some((_, rest)) = user_agent.split_once(token) {
            return match name {
                "PlayStation" | "Tizen" | "KaiOS" | "HarmonyOS" => {
                    (name, major(rest.trim_start()).into())
                }
                "iPadOS" => (name, apple_version(user_agent).into()),
                _ => (name, "".into()),
            };
        }
    }
    match parsed.os {
        "iPhone" | "iPod" | "iOS" => ("iOS", apple_version(user_agent).into()),
        "Mac OSX" => ("macOS", "".into()),
        // Chrome writes `Android 10; K` on every phone.
        "Android" if user_agent.contains("Android 10; K)") => ("Android", "".into()),
        "Android" => ("Android", major(after(user_agent, "Android ")).into()),
        // Windows 11 calls itself Windows NT 10.0.
        "Windows 10" => ("Windows", "10 or 11".into()),
        "Windows Phone OS" => ("Windows Phone", "".into()),
        "Linux" => ("Linux", "".into()),
        "BSD" => ("BSD", "".into()),
        os => match os.strip_prefix("Windows ") {
            Some(version) if !version.contains("UNKNOWN") => ("Windows", version.to_owned().into()),
            Some(_) => ("Windows", "".into()),
            None => ("", "".into()),
        },
    }
}

fn class(user_agent: &str, system: &str, parsed: &WootheeResult<'_>) -> &'static str {
    let is_television = TELEVISIONS.iter().any(|token| user_agent.contains(token));
    let is_tablet = system == "iPadOS" || user_agent.contains("Tablet");
    // Chrome, Firefox and Samsung Internet write `Mobile` on phones and nothing on tablets.
    let is_for_phones = ["Mobi", "Opera Mini"]
        .iter()
        .any(|token| user_agent.contains(token));
    match system {
        "PlayStation" | "Xbox" | "Nintendo" => "Console",
        _ if is_television => "TV",
        // Amazon's televisions are Android with a model number that begins so.
        "Android" if user_agent.contains("; AFT") => "TV",
        _ if is_tablet => "Tablet",
        "Android" | "HarmonyOS" if !is_for_phones => "Tablet",
        "iOS" | "Android" | "HarmonyOS" | "KaiOS" | "Windows Phone" => "Mobile",
        "macOS" | "Windows" | "Linux" | "ChromeOS" | "BSD" => "Desktop",
        _ if matches!(parsed.category, "smartphone" | "mobilephone") => "Mobile",
        _ => "",
    }
}

/// The version of iOS: the system's word, unless Safari, which knows better from 26 on, says more.
fn apple_version(user_agent: &str) -> &str {
    let safari = major(after(user_agent, "Version/"));
    if safari
        .parse()
        .is_ok_and(|version: u32| version >= FIRST_THAWED_SAFARI)
    {
        return safari;
    }
    let system = after(user_agent, " OS ");
    major(system)
}

/// What follows the first occurrence of `token`; empty if there is none.
fn after<'a>(user_agent: &'a str, token: &str) -> &'a str {
    user_agent.split_once(token).map_or("", |(_, rest)| rest)
}

/// The digits at the beginning, at most six.
fn major(version: &str) -> &str {
    let end = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    &version[..end.min(6)]
}

fn known(value: &str) -> &str {
    if value == woothee::woothee::VALUE_UNKNOWN {
        ""
    } else {
        value
    }
}
