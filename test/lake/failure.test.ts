import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ADVICE, ON_PUT } from '../../shared/lake/advice.ts';
import { storeFailure } from '../../shared/lake/failure.ts';
import { stateFailure } from '../../shared/state/state-failure.ts';

const rest = (fields: object, message = 'Something.\nRequestId:1\nTime:2') =>
  Object.assign(new Error(message), { name: 'RestError', request: { url: 'https://a?sig=SECRET' } }, fields);

test('one line: what happened, what to do, the code', () => {
  const table: [unknown, string, RegExp][] = [
    [
      rest({ statusCode: 404, code: 'ContainerNotFound' }),
      'ContainerNotFound',
      /^put x: there is no such container; .*\(ContainerNotFound\)$/,
    ],
    [
      rest({ statusCode: 409, details: { errorCode: 'BlobImmutableDueToPolicy' } }),
      'BlobImmutableDueToPolicy',
      /remove its immutability policy/,
    ],
    [
      rest({ statusCode: 403, code: 'AuthorizationPermissionMismatch' }),
      'AuthorizationPermissionMismatch',
      /role Storage Blob Data Contributor/,
    ],
    [
      rest({ statusCode: 400, details: { errorCode: 'InvalidHeaderValue' } }, ''),
      'InvalidHeaderValue',
      /--skipApiVersionCheck/,
    ],
    [rest({ statusCode: 403, details: {} }, ''), 'HTTP 403', /^put x: not allowed; check the role .* \(HTTP 403\)$/],
    [rest({ statusCode: 400, code: 'OddCode' }), 'OddCode', /^put x: Something\. \(OddCode\)$/],
    [
      rest({ statusCode: 404, details: { odataError: { code: 'TableNotFound' } } }),
      'TableNotFound',
      /\(TableNotFound\)$/,
    ],
    [
      Object.assign(new Error('no token\nat all'), { name: 'CredentialUnavailableError' }),
      'CREDENTIAL',
      /no sign-in worked; sign in \(az login\)/,
    ],
    [Object.assign(new Error('x'), { code: 'ENOSPC' }), 'ENOSPC', /^put x: the disk is full; make room/],
    [Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'CERT', /certificate is not trusted/],
    [
      rest({ code: 'ECONNRESET' }, 'Client network socket disconnected before secure TLS connection was established'),
      'ECONNRESET',
      /^put x: the connection broke before TLS was agreed on; check what stands between.*\(ECONNRESET\)$/,
    ],
    [
      rest(
        { code: 'EPROTO' },
        'write EPROTO 408D08C9647F0000:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:' +
          '../deps/openssl/openssl/ssl/record/rec_layer_s3.c:918:SSL alert number 40\n',
      ),
      'EPROTO',
      /^put x: the server, or what stands between, refused to agree on TLS;.*\(alert 40, handshake failure\) \(EPROTO\)$/,
    ],
    [
      rest(
        { code: 'EPROTO' },
        'write EPROTO 408D:error:0A00010B:SSL routines:x:wrong version number:../deps/x.c:77:\n',
      ),
      'EPROTO',
      /^put x: what answers there does not speak TLS;.*\(EPROTO\)$/,
    ],
    [
      rest({ code: 'Z_DATA_ERROR' }, 'incorrect header check'),
      'NotTheService',
      /^put x: something else answered in place of the service: .* \(incorrect header check\) \(NotTheService\)$/,
    ],
    // What was told by one of ours is not told twice.
    [
      storeFailure('put y', rest({ statusCode: 400, code: 'OddCode' })),
      'OddCode',
      /^put x: put y: Something\. \(OddCode\)$/,
    ],
    [new Error('plain'), '', /^put x: plain$/],
    ['thrown text', '', /^put x: thrown text$/],
  ];
  for (const [error, code, message] of table) {
    const failure = storeFailure('put x', error);
    assert.equal(failure.code, code);
    assert.match(failure.message, message);
    assert.ok(!failure.message.includes('\n'));
  }
});

test('advice of a caller goes first', () => {
  assert.equal(
    storeFailure('put x', rest({ code: 'AuthorizationFailure' }), { AuthorizationFailure: 'ask Bob' }).message,
    'put x: ask Bob (AuthorizationFailure)',
  );
});

test('secrets stay out, also of the cause', () => {
  const texts = [
    'GET https://a.blob.core.windows.net/c/b?sv=2024&sig=SECRET%3D failed',
    'bad connection string AccountName=a;AccountKey=SECRET==;EndpointSuffix=b',
    "The MAC signature found in the HTTP request 'x' with Authorization: SharedKey a:SECRET",
    'header Bearer SECRET.abc refused',
    'query sv=1&sig=SECRET',
  ];
  for (const text of texts) {
    for (const error of [rest({ code: 'Odd' }, text), text]) {
      const failure = storeFailure('put x', error);
      assert.doesNotMatch(failure.message, /SECRET/);
      assert.equal(failure.cause, undefined);
    }
  }
  const cause = Object.assign(new Error('x'), { code: 'ENOSPC' });
  assert.equal(storeFailure('put x', cause).cause, cause);
});

test('an answer without a body says by code or status what to do', () => {
  const head = (statusCode: number, errorCode: string) => rest({ statusCode, details: { errorCode } }, '');
  assert.match(storeFailure('look up x', head(401, 'InvalidAuthenticationInfo')).message, /in another tenant/);
  assert.match(storeFailure('look up x', head(409, 'NeverHeardOf')).message, /docs\/operations.md \(NeverHeardOf\)$/);
  assert.match(storeFailure('look up x', head(502, '')).message, /^look up x: the service failed; .*\(HTTP 502\)$/);
  const named = rest({ statusCode: 418, code: 'Odd' }, 'Odd');
  assert.match(
    storeFailure('look up x', named).message,
    /^look up x: the service does not answer like this; check .*\(Odd\)$/,
  );
});

test('tables: the text out of odata JSON, and never the JSON', () => {
  const odata = {
    code: 'PropertiesNeedValue',
    message: { lang: 'en-US', value: 'The values are not given.\nRequestId:1' },
  };
  const error = rest({ statusCode: 400, details: { odataError: odata } }, JSON.stringify({ 'odata.error': odata }));
  assert.equal(
    stateFailure('table', 'write t', error).message,
    'write t: The values are not given. (PropertiesNeedValue)',
  );
});

test('what a code means depends on what was done', () => {
  const archived = rest({ statusCode: 409, code: 'BlobArchived' });
  assert.match(storeFailure('put x', archived).message, /the file that is to be replaced is in the archive tier/);
  assert.match(storeFailure('read x', archived).message, /rehydrate it to read it/);
});

test('docs/operations.md has a line for each code', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const missing = [...Object.keys(ADVICE), ...Object.keys(ON_PUT)].filter((code) => !page.includes(`\`${code}\``));
  assert.deepEqual(missing, []);
});
