import { type Random, weighted, zipf } from './random.ts';
import { type Compose, generate } from './stream.ts';
import type { Fault, GeneratedEvent, GeneratorOptions } from './types.ts';

const CLIENTS = 400;
const SECTIONS = ['articles', 'guides', 'photos', 'talks', 'projects', 'notes'];
const SUBJECTS = ['bread', 'bicycles', 'clouds', 'gardens', 'maps', 'radio', 'rivers', 'tides'];
const ASSETS = ['/favicon.ico', '/style.css', '/reset.css', '/js/site.js', '/images/logo.png'];
/** What scanners look for and never find. */
const MISSING = ['/wp-login.php', '/.env', '/admin.php', '/old/index.html', '/feed/atom.xml'];

const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
];
const BOTS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/',
];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

interface Client {
  readonly host: string;
  readonly agent: string;
  readonly bot: boolean;
}

/** Lines of a web server's access log in Apache's combined format, one per record. */
export function generateApache(options: GeneratorOptions): Generator<GeneratedEvent> {
  return generate(options, composer);
}

function composer(random: Random): Compose {
  const clients = zipf(
    Array.from({ length: CLIENTS }, () => client(random)),
    0.7,
  );
  const pages = ['/', ...SECTIONS.flatMap((a) => SUBJECTS.map((b) => `/${a}/${b}/`))];
  const page = zipf(pages, 0.95);
  const kinds = weighted(['page', 'asset', 'missing', 'search'] as const, (kind) =>
    kind === 'page' ? 60 : kind === 'asset' ? 30 : kind === 'search' ? 6 : 4,
  );
  return (_, time, fault) => {
    const { host, agent, bot } = clients(random);
    const kind = kinds(random);
    const path =
      kind === 'missing'
        ? random.pick(MISSING)
        : kind === 'asset' && !bot
          ? random.pick(ASSETS)
          : kind === 'search'
            ? `/search?q=${random.pick(SUBJECTS)}&page=${random.int(1, 5)}`
            : page(random);
    const status = kind === 'missing' ? 404 : statusOf(random);
    const bytes = status === 304 ? '-' : status === 200 ? random.int(400, 120_000) : 324;
    const method = kind === 'search' || random.chance(0.97) ? 'GET' : random.pick(['POST', 'HEAD']);
    const referrer = bot || random.chance(0.4) ? '-' : `https://www.example.com${page(random)}`;
    const size = fault === 'wrongType' ? 'many' : bytes;
    const line = `${host} - - ${timeOf(time, fault)}"${method} ${path} HTTP/1.1" ${status} ${size} "${referrer}" "${agent}"`;
    return fault === 'brokenText' ? line.slice(0, random.int(10, line.indexOf('"') + 3)) : line;
  };
}

function client(random: Random): Client {
  const bot = random.chance(0.12);
  const prefix = random.pick(['192.0.2', '198.51.100', '203.0.113']);
  const host = random.chance(0.1)
    ? `host-${random.hex(4)}.example.net`
    : `${prefix}.${random.int(1, 254)}`;
  return { host, bot, agent: random.pick(bot ? BOTS : BROWSERS) };
}

function statusOf(random: Random): number {
  const at = random.next();
  if (at < 0.86) return 200;
  if (at < 0.95) return 304;
  return at < 0.985 ? 301 : 500;
}

/** [17/May/2015:10:05:03 +0000] and a space. */
function timeOf(time: number, fault: Fault | null): string {
  if (fault === 'noTime') return '';
  const date = new Date(time);
  const day = String(date.getUTCDate()).padStart(2, '0');
  const clock = date.toISOString().slice(11, 19);
  return `[${day}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${clock} +0000] `;
}
