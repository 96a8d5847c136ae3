-- The load of `make bench-ingest`, run by wrk: what public/script.src.js sends, through a reverse proxy, from many visitors.
--
--   wrk … -s load.lua http://127.0.0.1:PORT -- SEED SITES
--
-- Comes in: a seed and the number of sites (site-1.example, site-2.example …). Goes out: one line that begins with RESULT,
-- read by load.rs. Requests are built before the load begins. A round through them that begins anew changes only the
-- first number of the address, so that its visitors are new ones and every visit stays as long as it was built.

local POOL = 100000 -- messages of a thread in one round
local PATHS, CAMPAIGNS = 5000, 20 -- of the largest site; the others have as many fewer pages as they have fewer visits
local BOUNCES = 0.4 -- share of visits with one page
local ENGAGEMENT = 0.43 -- messages about reading per view of a page: 30 % of all messages
-- Messages of one visit lie this far apart, in messages of all visitors of a thread. Far more than the requests that
-- are on their way at once: a message about reading never overtakes the view that it belongs to.
local GAP_MIN, GAP_MAX = 4000, 8000

local CHROME = "Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 %sSafari/537.36%s"
local AGENTS = {}
local function agent(...) AGENTS[#AGENTS + 1] = string.format(...) end
-- Shares of browsers fall with the place in this list, roughly as they do in the world.
for _, version in ipairs { 141, 140, 139 } do
  agent(CHROME, "Windows NT 10.0; Win64; x64", version, "", "")
  agent(CHROME, "Linux; Android 10; K", version, "Mobile ", "")
  agent("Mozilla/5.0 (iPhone; CPU iPhone OS 18_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%d Mobile/15E148 Safari/604.1", version - 134, version - 134)
  agent(CHROME, "Macintosh; Intel Mac OS X 10_15_7", version, "", "")
  agent(CHROME, "Windows NT 10.0; Win64; x64", version, "", " Edg/" .. version .. ".0.0.0")
  agent("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%d.0) Gecko/20100101 Firefox/%d.0", version + 2, version + 2)
  agent("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%d Safari/605.1.15", version - 134)
  agent("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/%d.0 Chrome/%d.0.0.0 Mobile Safari/537.36", version - 113, version - 6)
  agent("Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0", version + 2, version + 2)
  agent(CHROME, "X11; Linux x86_64", version, "", "")
  agent(CHROME, "Windows NT 10.0; Win64; x64", version, "", " OPR/" .. (version - 16) .. ".0.0.0")
  agent("Mozilla/5.0 (iPad; CPU OS 18_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%d Mobile/15E148 Safari/604.1", version - 134, version - 134)
  agent("Mozilla/5.0 (iPhone; CPU iPhone OS 18_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/%d.0.7390.41 Mobile/15E148 Safari/604.1", version - 134, version)
  agent("Mozilla/5.0 (Android 14; Mobile; rv:%d.0) Gecko/%d.0 Firefox/%d.0", version + 2, version + 2, version + 2)
end

local REFERRERS = {
  "https://www.google.com/", "https://duckduckgo.com/", "https://www.bing.com/", "https://news.ycombinator.com/",
  "https://t.co/AbCdEfGh12", "https://www.reddit.com/", "https://www.google.de/", "https://github.com/",
  "https://www.linkedin.com/", "https://m.facebook.com/", "https://lobste.rs/", "https://mastodon.social/",
  "https://www.youtube.com/", "https://search.brave.com/", "https://chatgpt.com/", "https://dev.to/",
}
for number = 1, 200 do REFERRERS[#REFERRERS + 1] = "https://blog-" .. number .. ".example/posts/what-i-read" end

local LANGUAGES = { "en-US,en;q=0.9", "en-GB,en;q=0.9", "de-DE,de;q=0.9,en;q=0.8", "fr-FR,fr;q=0.9", "es-ES,es;q=0.9", "ja-JP,ja;q=0.9" }

local random, format = math.random, string.format

-- A number up to `limit`; small ones are frequent, each as often as 1/n (Zipf), which pages and sources come close to.
local function zipf(limit)
  return math.min(limit, math.floor((limit + 1) ^ random()))
end

local function path(paths)
  local number = zipf(paths)
  if number == 1 then return "/" end
  if number <= 5 then return ({ "/pricing", "/blog", "/about", "/docs/getting-started" })[number - 1] end
  return "/blog/an-article-with-title-" .. number
end

local function quoted(name, value) return value and format(',"%s":"%s"', name, value) or "" end

-- One request in two halves: between them stands the first number of the visitor's address.
local function message(visitor, name, url, rest)
  local body = format('{"n":"%s","u":"%s","d":"%s"%s}', name, url, visitor.site, rest)
  local origin = "https://" .. visitor.site
  local head = table.concat({
    "POST /api/event HTTP/1.1",
    "Host: 127.0.0.1",
    "Content-Length: " .. #body,
    "User-Agent: " .. visitor.agent,
    "Content-Type: text/plain;charset=UTF-8",
    "Accept: */*",
    "Origin: " .. origin,
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Dest: empty",
    "Referer: " .. origin .. "/",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: " .. visitor.language,
    "X-Forwarded-Proto: https",
    "X-Forwarded-For: ",
  }, "\r\n")
  return head, visitor.address .. "\r\n\r\n" .. body
end

local before, after, count = {}, {}, 0

local function add_visit(messages, sites, start)
  local rank = zipf(sites)
  local paths = math.max(20, math.floor(PATHS / rank))
  local site = format("site-%d.example", rank)
  local visitor = {
    site = site,
    agent = AGENTS[zipf(#AGENTS)],
    language = LANGUAGES[zipf(#LANGUAGES)],
    address = format(".%d.%d.%d", random(0, 255), random(0, 255), random(1, 254)),
  }
  local referrer = random() < 0.6 and REFERRERS[zipf(#REFERRERS)] or nil
  local campaign = random() < 0.1 and format("?utm_source=newsletter&utm_medium=email&utm_campaign=issue-%d", zipf(CAMPAIGNS)) or ""
  local at = start
  local function add(name, url, rest)
    local head, tail = message(visitor, name, url, rest)
    messages[#messages + 1] = { at = at, head = head, tail = tail }
    at = at + random(GAP_MIN, GAP_MAX)
  end
  for view = 1, random() < BOUNCES and 1 or random(2, 9) do
    local url = "https://" .. site .. path(paths) .. (view == 1 and campaign or "")
    add("pageview", url, view == 1 and quoted("r", referrer) or "")
    if random() < ENGAGEMENT then
      add("engagement", url, format(',"e":%d,"sd":%d', random(1000, 90000), random(5, 100)))
    end
  end
end

local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  local seed, sites = tonumber(args[1]), tonumber(args[2])
  math.randomseed(seed * 1000 + number)
  local messages = {}
  while #messages < POOL do add_visit(messages, sites, random(POOL)) end
  table.sort(messages, function(one, other) return one.at < other.at end)
  for place, message in ipairs(messages) do
    before[place], after[place] = message.head, message.tail
  end
  count = #messages
end

-- First numbers of addresses, none of a private network or loopback.
local FIRST = { 23, 31, 46, 62, 77, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 109, 141, 151, 176, 178, 185, 188, 193, 194, 195, 212 }
local place, round = 0, 1
local is_trial = true
function request()
  if is_trial then
    -- wrk asks for one request that it does not send, to see what they look like: the first one stays for later.
    is_trial = false
    return before[1] .. FIRST[1] .. after[1]
  end
  place = place + 1
  if place > count then
    place = 1
    round = round % #FIRST + 1
  end
  return before[place] .. FIRST[round] .. after[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(format(
    "RESULT requests=%d refused=%d broken=%d late=%d seconds=%.6f p50_us=%d p99_us=%d p999_us=%d\n",
    summary.requests, errors.status, errors.connect + errors.read + errors.write, errors.timeout,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)
  ))
end
