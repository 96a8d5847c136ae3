//! One user agent a case: what woothee gets right must stay so, what it gets wrong must be put right.

use super::*;

/// The name of the case, what is expected (browser, its version, system, its version, class) and the user agent.
type Case = (&'static str, [&'static str; 5], &'static str);

fn check(cases: &[Case]) {
    for (name, expected, user_agent) in cases {
        let device = Device::of(user_agent);
        let found = [
            device.browser.as_str(),
            &device.browser_version,
            &device.system,
            &device.system_version,
            device.class,
        ];
        assert_eq!(&found, expected, "{name}");
    }
}

#[test]
fn desktop_browsers() {
    check(&[
        (
            "Chrome on Windows",
            ["Chrome", "140", "Windows", "10 or 11", "Desktop"],
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        ),
        (
            "Edge",
            ["Edge", "140", "Windows", "10 or 11", "Desktop"],
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
        ),
        (
            "Firefox on Linux",
            ["Firefox", "143", "Linux", "", "Desktop"],
            "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        ),
        (
            "Safari; the version of macOS is frozen",
            ["Safari", "26", "macOS", "", "Desktop"],
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
        ),
        (
            "Opera",
            ["Opera", "120", "Windows", "10 or 11", "Desktop"],
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/135.0.0.0 Safari/537.36 OPR/120.0.0.0",
        ),
        (
            "Vivaldi",
            ["Vivaldi", "7", "Linux", "", "Desktop"],
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Vivaldi/7.5.3735.47",
        ),
        (
            "ChromeOS",
            ["Chrome", "140", "ChromeOS", "", "Desktop"],
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        ),
        (
            "Internet Explorer",
            ["Internet Explorer", "11", "Windows", "7", "Desktop"],
            "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
        ),
        (
            "DuckDuckGo on macOS",
            ["DuckDuckGo", "17", "macOS", "", "Desktop"],
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 Ddg/17.4",
        ),
        (
            "Electron app",
            ["Electron app", "30", "Linux", "", "Desktop"],
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.38.125 Chrome/124.0.6367.243 Electron/30.1.2 Safari/537.36",
        ),
        (
            "Brave and Arc do not say who they are",
            ["Chrome", "140", "macOS", "", "Desktop"],
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        ),
        (
            "nothing known",
            ["", "", "", "", ""],
            "Something/1.0 (unheard of)",
        ),
        ("empty", ["", "", "", "", ""], ""),
    ]);
}

#[test]
fn phones() {
    check(&[
        (
            "Safari 26 knows better than the frozen system",
            ["Safari", "26", "iOS", "26", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
        ),
        (
            "Safari 17",
            ["Safari", "17", "iOS", "17", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        ),
        (
            "Chrome on iOS",
            ["Chrome", "140", "iOS", "18", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1",
        ),
        (
            "Firefox on iOS",
            ["Firefox", "143", "iOS", "18", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15",
        ),
        (
            "Chrome writes Android 10 everywhere",
            ["Chrome", "140", "Android", "", "Mobile"],
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
        ),
        (
            "Firefox on Android",
            ["Firefox", "143", "Android", "15", "Mobile"],
            "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0",
        ),
        (
            "Samsung Internet",
            ["Samsung Internet", "28", "Android", "", "Mobile"],
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
        ),
        (
            "DuckDuckGo on iOS",
            ["DuckDuckGo", "17", "iOS", "17", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 DuckDuckGo/17 Safari/605.1.15",
        ),
        (
            "DuckDuckGo on Android",
            ["DuckDuckGo", "5", "Android", "14", "Mobile"],
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.0.0 Mobile DuckDuckGo/5 Safari/537.36",
        ),
        (
            "UC Browser",
            ["UC Browser", "13", "Android", "11", "Mobile"],
            "Mozilla/5.0 (Linux; U; Android 11; en-US; RMX2185) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/13.4.0.1306 Mobile Safari/537.36",
        ),
        (
            "MIUI Browser",
            ["MIUI Browser", "14", "Android", "13", "Mobile"],
            "Mozilla/5.0 (Linux; U; Android 13; en-us; 2201117TG) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.4.0-g",
        ),
        (
            "Huawei Browser",
            ["Huawei Browser", "15", "Android", "12", "Mobile"],
            "Mozilla/5.0 (Linux; Android 12; NOH-NX9; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36",
        ),
        (
            "Opera Mini",
            ["Opera Mini", "36", "Android", "", "Mobile"],
            "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
        ),
        (
            "Instagram",
            ["Instagram", "330", "iOS", "17", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 330.0.3.29.91 (iPhone14,5; iOS 17_5; en_US; scale=3.00; 1170x2532; 600000000)",
        ),
        (
            "Facebook on iOS",
            ["Facebook", "468", "iOS", "17", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.40.106;FBBV/604000000;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5]",
        ),
        (
            "Facebook on Android",
            ["Facebook", "465", "Android", "14", "Mobile"],
            "Mozilla/5.0 (Linux; Android 14; SM-S911B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.179 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/465.0.0.54.81;]",
        ),
        (
            "TikTok",
            ["TikTok", "34", "iOS", "17", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_34.5.0 JsSdk/2.0 NetType/WIFI Channel/App Store",
        ),
        (
            "Android WebView",
            ["Android WebView", "124", "Android", "14", "Mobile"],
            "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.179 Mobile Safari/537.36",
        ),
        (
            "iOS WebView",
            ["iOS WebView", "", "iOS", "17", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        ),
        (
            "Google app",
            ["Google app", "320", "iOS", "17", "Mobile"],
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/320.0.639418137 Mobile/15E148 Safari/604.1",
        ),
        (
            "KaiOS",
            ["Firefox", "84", "KaiOS", "3", "Mobile"],
            "Mozilla/5.0 (Mobile; Nokia 2780 Flip; rv:84.0) Gecko/84.0 Firefox/84.0 KAIOS/3.1",
        ),
    ]);
}

#[test]
fn tablets_televisions_and_consoles() {
    check(&[
        (
            "iPad",
            ["Safari", "17", "iPadOS", "17", "Tablet"],
            "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        ),
        (
            "an iPad in desktop mode cannot be told",
            ["Safari", "18", "macOS", "", "Desktop"],
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
        ),
        (
            "Android tablet",
            ["Chrome", "140", "Android", "13", "Tablet"],
            "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        ),
        (
            "Firefox on an Android tablet",
            ["Firefox", "143", "Android", "14", "Tablet"],
            "Mozilla/5.0 (Android 14; Tablet; rv:143.0) Gecko/143.0 Firefox/143.0",
        ),
        (
            "Tizen",
            ["Samsung Internet", "7", "Tizen", "8", "TV"],
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/7.2 Chrome/108.0.5359.1 TV Safari/537.36",
        ),
        (
            "webOS",
            ["Chrome", "94", "webOS", "", "TV"],
            "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
        ),
        (
            "Fire TV",
            ["Silk", "120", "Android", "9", "TV"],
            "Mozilla/5.0 (Linux; Android 9; AFTMM) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.1.1 like Chrome/120.0.6099.43 Safari/537.36",
        ),
        (
            "PlayStation 5",
            ["Safari", "13", "PlayStation", "5", "Console"],
            "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
        ),
        (
            "PlayStation 4",
            ["", "", "PlayStation", "4", "Console"],
            "Mozilla/5.0 (PlayStation 4 11.50) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        ),
        (
            "Xbox",
            ["", "", "Xbox", "", "Console"],
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/91.0.4472.114 Safari/537.36 Edge/44.19041.4788",
        ),
        (
            "Switch",
            ["", "", "Nintendo", "", "Console"],
            "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/606.4 (KHTML, like Gecko) NF/6.0.1.15.4 NintendoBrowser/5.1.0.20393",
        ),
    ]);
}

#[test]
fn a_remembered_device_is_the_same_one() {
    let devices = Devices::new();
    let first =
        devices.of("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0");
    let second =
        devices.of("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0");
    assert!(Arc::ptr_eq(&first, &second));
}
