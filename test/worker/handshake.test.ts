/**
 * TLS as it is: storage and the query API speak it, with a certificate of their own that NODE_EXTRA_CA_CERTS names, and
 * handshakes are reset, end, stand still or are refused in the middle, once or until that is lifted. A function and a
 * command end within their limits, say what happened in one line, and afterwards the lake is whole. HANDSHAKES=all: all
 * of them (the default takes a few).
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startCommand } from '../e2e/process.ts';
import { selfSigned } from '../front/certificate.ts';
import { type Handshake, startTlsFront, type TlsFront } from '../front/tls-front.ts';
import { assertAllDone, dueAgain, untilEnded } from './again.ts';
import { exportBlob, MINUTE } from './inputs.ts';
import { sasOf } from './sas.ts';
import { type Scene, startScene } from './scene.ts';

const all = process.env.HANDSHAKES === 'all';
/** What the default takes. */
const SOME: readonly string[] = [
  'blob: reset in the middle, once',
  'blob: end in the middle, until it is lifted',
  'table: silence in the middle, once',
  'blob: a refusal, until it is lifted',
  'table: reset at once, once',
  'queue: reset at once, until it is lifted',
  'api: a failure within, once',
  'api: a page without TLS, until it is lifted',
  'a command: a refusal',
];

/** An alert of TLS that ends everything. */
const alert = (number: number): Uint8Array => Uint8Array.of(21, 3, 3, 0, 2, 2, number);

interface Cut {
  readonly fate: Handshake;
  /** What is said of one that lasts. */
  readonly says: RegExp;
  /** Once, it ends the run: nobody tries again what says that it will not. */
  readonly isFinal?: true;
}

const cuts: Readonly<Record<string, Cut>> = {
  'reset at once': { fate: { after: 0, by: 'reset' }, says: /(broke|failed).*\(ECONNRESET\)/ },
  'reset in the middle': { fate: { after: 300, by: 'reset' }, says: /(broke|failed).*\(ECONNRESET\)/ },
  'end in the middle': { fate: { after: 300, by: 'end' }, says: /broke before TLS was agreed on.*\(ECONNRESET\)/ },
  'silence in the middle': {
    fate: { after: 300, by: 'silence' },
    says: /no answer.*\(NoAnswer\)|first byte .* did not come/,
  },
  'a failure within': {
    fate: { after: 0, says: alert(80) },
    says: /refused to agree on TLS.*alert 80, internal error/,
  },
  'a refusal': {
    ...{ fate: { after: 0, says: alert(40) }, isFinal: true },
    says: /refused to agree on TLS.*\(alert 40, handshake failure\) \(EPROTO\)/,
  },
  'a page without TLS': {
    ...{ fate: { after: 0, says: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }, isFinal: true },
    says: /does not speak TLS.*\(EPROTO\)/,
  },
};
const places = ['blob', 'table', 'queue', 'api'] as const;
type Place = (typeof places)[number];

let scene: Scene;
let fronts: Readonly<Record<Place, TlsFront>>;
let work: string;
before(async () => {
  work = await mkdtemp(join(tmpdir(), 'handshake-'));
  const certificate = selfSigned();
  await writeFile(join(work, 'cert.pem'), certificate.cert);
  const made = await Promise.all(places.map(async (place) => [place, await startTlsFront(certificate)] as const));
  fronts = Object.fromEntries(made) as Record<Place, TlsFront>;
  scene = await startScene({
    ...{ hours: 24, signals: 'requests' },
    settings: ({ azurite, front, simulator }) => {
      for (const place of places) fronts[place].to = place === 'api' ? portOf(simulator.url) : front.ports[place];
      const overTls = (place: Place) => `https://localhost:${fronts[place].port}`;
      const [Blob, Queue, Table] = (['blob', 'queue', 'table'] as const).map(
        (place) => `${overTls(place)}/${azurite.account}`,
      );
      const names = `AccountName=${azurite.account};AccountKey=${azurite.key}`;
      const ends = `BlobEndpoint=${Blob};QueueEndpoint=${Queue};TableEndpoint=${Table}`;
      const connection = `DefaultEndpointsProtocol=https;${names};${ends};`;
      return {
        ...{ AzureWebJobsStorage: connection, LAKE_CONNECTION_STRING: connection },
        ...{ QUERY_ENDPOINT: overTls('api'), ...trust() },
        ...{ LEASE: '1m', AzureFunctionsJobHost__functionTimeout: '00:05:00' },
      };
    },
  });
  assert.equal((await scene.call('planWindows')).error, '');
});
after(async () => {
  await scene?.close();
  for (const front of Object.values(fronts ?? {})) front.close();
  await rm(work, { recursive: true, force: true });
});

const trust = () => ({ NODE_EXTRA_CA_CERTS: join(work, 'cert.pem') });
const portOf = (url: string): number => Number(new URL(url).port);

let made = 0;

/** New connections go that way, and none is left of those before. */
async function struck<T>(place: Place, fate: TlsFront['fate'], use: () => Promise<T>): Promise<T> {
  const front = fronts[place];
  front.drop();
  Object.assign(front, { fate, met: 0 });
  const result = await use().finally(() => Object.assign(front, { fate: undefined }));
  assert.ok(front.met > 0, `no connection to ${place}`);
  return result;
}

/** Who asks there. */
const actOf = (place: Place): string => (place === 'queue' ? 'planWindows' : 'runWindow');
async function textFor(place: Place): Promise<string> {
  if (place !== 'queue') return dueAgain(scene, made++);
  await untilEnded(scene, 'runWindow', await dueAgain(scene, made));
  await dueAgain(scene, made++);
  return '';
}

const isWanted = (title: string): boolean => all || SOME.includes(title);

for (const [kind, { fate, says, isFinal }] of Object.entries(cuts))
  for (const place of places)
    for (const lasting of [false, true]) {
      const title = `${place}: ${kind}, ${lasting ? 'until it is lifted' : 'once'}`;
      if (!isWanted(title)) continue;
      test(title, async (t) => {
        const [act, text] = [actOf(place), await textFor(place)];
        const of: TlsFront['fate'] = (n) => (n === 1 || lasting ? fate : undefined);
        const { error, took } = await struck(place, of, () => scene.call(act, text));
        t.diagnostic(`${Math.round(took / 1000)} s, ${fronts[place].met} connections: ${error || 'done'}`);
        if (lasting) assert.match(error, says);
        else if (!isFinal) assert.equal(error, '');
        assert.doesNotMatch(error, /undefined|\n.*\n|OpenSSL|openssl/);
        assert.ok(took <= 10 * MINUTE, `${took} ms`);
        await untilEnded(scene, act, text);
      });
    }

for (const [kind, { fate, says, isFinal }] of Object.entries(cuts)) {
  const title = `a command: ${kind}`;
  if (!isWanted(title)) continue;
  test(title, async (t) => {
    const archive = join(work, 'archive');
    const { text } = exportBlob(9, 0);
    await mkdir(archive, { recursive: true });
    await writeFile(join(archive, 'one.blob'), text);
    const run = (of: TlsFront['fate']) =>
      struck('blob', of, () => {
        const out = `https://localhost:${fronts.blob.port}/${scene.azurite.account}/lakecommand?${sasOf(scene.azurite)}`;
        return startCommand(['transform', archive, '--out', out], work, 0, trust()).ended;
      });
    const lasting = await run(() => fate);
    t.diagnostic(`${fronts.blob.met} connections: ${lasting.err.trim()}`);
    assert.equal(lasting.code, 4, lasting.err);
    assert.match(lasting.err, says);
    assert.ok(fronts.blob.met <= 5, `${fronts.blob.met} connections`);
    const { code, err } = await run((n) => (n === 1 ? fate : undefined));
    assert.equal(code, isFinal ? 4 : 0, err);
  });
}

test('in the end the lake is whole', async (t) => {
  t.diagnostic(`${await assertAllDone(scene)} rows`);
});
