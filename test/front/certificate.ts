/** A certificate that signs itself, for this machine by name and by number; whom it is given as a root trusts it. */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  /** Both as PEM. */
  readonly key: string;
  readonly cert: string;
}

type Bytes = Uint8Array;

/** DER: tag, length, content. */
function der(tag: number, ...parts: readonly Bytes[]): Bytes {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Uint8Array.from([tag, ...length]), content]);
}

const sequence = (...parts: readonly Bytes[]): Bytes => der(0x30, ...parts);
const id = (hex: string): Bytes => der(0x06, Buffer.from(hex, 'hex'));
const time = (text: string): Bytes => der(0x17, Buffer.from(text));
const TRUE = der(0x01, Uint8Array.of(0xff));
const ecdsaWithSha256 = sequence(id('2a8648ce3d040302'));
const commonName = id('550403');
const basicConstraints = id('551d13');
const subjectAltName = id('551d11');

export function selfSigned(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from('localhost')))));
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Uint8Array.of(127, 0, 0, 1)));
  const extensions = sequence(
    sequence(basicConstraints, TRUE, der(0x04, sequence(TRUE))),
    sequence(subjectAltName, der(0x04, names)),
  );
  const told = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))), // version 3
    der(0x02, Uint8Array.of(1)),
    ecdsaWithSha256,
    name,
    sequence(time('200101000000Z'), time('491231000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = sign('sha256', told, privateKey);
  const whole = sequence(told, ecdsaWithSha256, der(0x03, Uint8Array.of(0), signature));
  const lines = Buffer.from(whole).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
