/** How a query API of another make sends what it answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Make, Refused } from './other-api.ts';

export async function queryOf(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(Buffer.from(piece));
  const { query } = JSON.parse(Buffer.concat(pieces).toString());
  return String(query);
}

const byGzip: NonNullable<Make['pack']> = (body) => ['gzip', gzipSync(body)];

export async function send(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body, cut }: Refused,
  make: Make,
): Promise<void> {
  const pack = make.gzip ? byGzip : make.pack;
  const takes = String(message.headers['accept-encoding'] ?? '');
  const packed = status === 200 ? pack?.(Buffer.from(body), takes) : undefined;
  const bytes = packed?.[1] ?? Buffer.from(body);
  if (make.slow !== undefined) await sleep(make.slow);
  const told = {
    Date: new Date(Date.now() + (make.ahead ?? 0)).toUTCString(),
    'Content-Type': 'application/json',
    ...(packed && { 'Content-Encoding': packed[0] }),
    ...make.headers,
    ...headers,
  };
  if (make.plainHttp) {
    const lines = Object.entries(told).map(([name, value]) => `${name}: ${value}\r\n`);
    message.socket.end(Buffer.concat([Buffer.from(`HTTP/1.0 ${status} Said\r\n${lines.join('')}\r\n`), bytes]));
    return;
  }
  response.writeHead(status, told);
  const piece = make.piece ?? bytes.length;
  for (let at = 0; at < (cut ?? bytes.length); at += piece) response.write(bytes.subarray(at, at + piece));
  if (cut === undefined) response.end();
  else setTimeout(() => response.destroy(), 20);
}

export const unknown: Refused = { status: 400, body: '{"error":{"code":"SyntaxError","message":"what is that?"}}' };
