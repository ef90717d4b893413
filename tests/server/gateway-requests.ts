// What is asked of the embedded server's gateway and of etcd's, in order: each builds on the state that those before left.

/** One request. */
export interface GatewayRequest {
  /** Method, if it is not POST, and path. */
  readonly line: string
  readonly body: string | Uint8Array
  readonly headers: Readonly<Record<string, string>>
  /** Of a stream that does not end by itself: how many lines are read. */
  readonly lines: number | undefined
  /** Whether the words of the error are each server's own. */
  readonly ownWords: boolean
  /** Why etcd 3.4 answers otherwise, or not at all. */
  readonly not34: string | undefined
  /** Why etcd answers otherwise. */
  readonly not: string | undefined
}

type Extras = Partial<Omit<GatewayRequest, 'line' | 'body'>>

function ask(line: string, body: unknown = '', extras: Extras = {}): GatewayRequest {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  return {
    line,
    body: raw ? body : JSON.stringify(body),
    headers: {},
    lines: undefined,
    ownWords: false,
    not34: undefined,
    not: undefined,
    ...extras,
  }
}

const a = 'YQ=='
const b = 'Yg=='
const later = 'it came with 3.5'
const noHeader = 'its answer has no header'
const strict = 'its JSON reader is another, of Go’s own'

/** Requests that are understood, by one prefix or spelling or another. */
const understood: readonly GatewayRequest[] = [
  ask('/v3/kv/range', { key: a }),
  ask('/v3/kv/put', { key: a, value: 'MQ==' }),
  ask('/v3/kv/put', { key: a, value: 'Mg==', prev_kv: true }),
  ask('/v3/kv/put', { key: a, value: 'Mw==', prevKv: true }),
  ask('/v3/kv/put', { key: b }),
  ask('/v3/kv/put', { key: 'Yw==', value: '/+7dzLuqmYh3ZlVEMyIRAA==' }),
  ask('/v3/kv/range', { key: a }),
  ask('/v3/kv/range', { key: a, range_end: 'eg==' }),
  ask('/v3/kv/range', { key: a, rangeEnd: 'eg==', limit: '2' }),
  ask('/v3/kv/range', { key: a, range_end: 'eg==', limit: 1, keys_only: true }),
  ask('/v3/kv/range', { key: a, range_end: 'eg==', countOnly: true }),
  ask('/v3/kv/range', { key: a, range_end: 'eg==', sort_order: 'DESCEND', sort_target: 'MOD' }),
  ask('/v3/kv/range', { key: a, range_end: 'eg==', sortOrder: 2, sortTarget: 1 }),
  ask('/v3/kv/range', { key: a, sort_order: 77 }, { not: '3.6 refuses unknown orders' }),
  ask('/v3/kv/range', { key: a, revision: 2 }),
  ask('/v3/kv/range', { key: a, revision: '3', serializable: true }),
  ask('/v3/kv/range', { key: a, min_mod_revision: 3, max_create_revision: '99' }),
  ask('/v3/kv/range', { key: a, nope: 1, range_end: null }),
  ask('/v3/kv/range', { key: a, nope: { a: [1, { b: null }] } }),
  ask('/v3/kv/range', `\n {"key" :\t"${a}" } \r\n`),
  ask('/v3/kv/range', `{"key":"\\u0059Q=="}`),
  ask('/v3/kv/range', `{"key":"${a}"}{"key":"${b}"}`),
  ask('/v3/kv/range', `{"key":"${a}"} and more`),
  ask('/v3/kv/range', '{"key":"YWFh\\nYWFh"}'),
  ask('/v3/kv/range', '{"key":"/+8="}'),
  ask('/v3/kv/range', '{"key":"_-8="}', { not34: strict }),
  ask('/v3/kv/range', '{"key":"_-8"}', { not34: strict }),
  ask('/v3/kv/range', '{"key":"YQ"}', { not34: strict }),
  ask('/v3/kv/range', `{"key":"${a}","limit":1.0}`, { not34: strict }),
  ask('/v3/kv/range', `{"key":"${a}","limit":1e1}`, { not34: strict }),
  ask('/v3/kv/range', `{"key":"${a}","limit":-0}`),
  ask('/v3/kv/range', `{"key":"${a}","sort_order":"NOPE"}`, { not34: strict }),
  ask('/v3beta/kv/range', { key: a }),
  ask('/v3/kv/%72ange?limit=1', { key: a }),
  ask('/v3/kv/range', { key: a }, { headers: { 'content-type': 'application/xml' } }),
  ask('/v3/kv/range', { key: a }, { headers: { 'content-encoding': 'gzip', accept: 'text/html' } }),
  ask('/v3/kv/range', { key: a }, { headers: { origin: 'http://a.test' } }),
  ask(
    '/v3/kv/range',
    { key: a },
    { headers: { 'grpc-timeout': '10S', 'transfer-encoding': 'chunked' } },
  ),
  ask('/v3/kv/deleterange', { key: 'Yw==', prev_kv: true }),
  ask('/v3/kv/deleterange', { key: 'Yw==' }),
  ask('/v3/kv/txn', {}),
  ask('/v3/kv/txn', {
    compare: [{ key: a, target: 'VALUE', value: 'Mw==', result: 'EQUAL' }],
    success: [
      { requestPut: { key: 'ZA==', value: 'MQ==', prevKv: true } },
      { request_range: { key: 'ZA==' } },
      { requestDeleteRange: { key: b } },
      { requestTxn: { success: [{ requestRange: { key: a, countOnly: true } }] } },
    ],
    failure: [{ requestPut: { key: 'ZQ==' } }],
  }),
  ask('/v3/kv/txn', {
    compare: [{ key: a, target: 2, result: 1, mod_revision: '99' }],
    failure: [{ requestRange: { key: a } }],
  }),
  ask('/v3/kv/txn', {
    compare: [{ key: a, target: 'CREATE', result: 'LESS', createRevision: 99 }],
  }),
]

/** Requests that etcd refuses for what they ask. */
const refused: readonly GatewayRequest[] = [
  ask('/v3/kv/range'),
  ask('/v3/kv/range', ' \n '),
  ask('/v3/kv/range', {}),
  ask('/v3/kv/range', { key: null }),
  ask('/v3/kv/range?key=YQ=='),
  ask('/v3/kv/range', { key: a, revision: 999 }),
  ask('/v3/kv/put', { key: a, lease: '12345' }),
  ask('/v3/kv/put', { key: a, value: a, ignore_value: true }),
  ask('/v3/kv/put', { key: a, value: 'A'.repeat(2_133_336) }),
  ask('/v3/kv/put', { key: a, value: 'A'.repeat(4_000_000) }),
  ask('/v3/kv/txn', { success: [{}] }),
  ask('/v3/kv/txn', { success: [{ requestPut: { key: a } }, { requestPut: { key: a } }] }),
  ask('/v3/kv/txn', { compare: Array(200).fill({ key: a }) }),
  ask('/v3/kv/compaction', { revision: '999' }),
  ask('/v3/kv/compaction', { revision: 2, physical: true }),
  ask('/v3/kv/compaction', { revision: 2 }),
  ask('/v3/kv/range', { key: a, revision: 1 }),
  ask('/v3/lease/revoke', { ID: '12345' }),
  ask('/v3/lease/grant', { TTL: '90000000000' }),
  ask('/v3/auth/authenticate', { name: 'a', password: 'b' }),
  ask('/v3/kv/range', { key: a }, { headers: { 'grpc-timeout': 'soon' } }),
]

/** Requests that cannot be read. */
const wrong: readonly GatewayRequest[] = [
  ...['{', '[]', '"x"', '1', 'x', '// x\n{}', '{,}', `{"key":"${a}",}`, `{'key':"${a}"}`],
  ...['{"key":"!"}', '{"key":"YQ="}', '{"key":1}', '{"key":true}', '{"key":{}}', '{"key":"YQ}'],
  ...['5.5', '"x"', '" "', '""', 'true', '99999999999999999999', '01', '[1]', '1e'].map(
    (limit) => `{"key":"${a}","limit":${limit}}`,
  ),
  ...['1.5', 'true', '{}'].map((order) => `{"key":"${a}","sort_order":${order}}`),
  ...['"true"', '1'].map((only) => `{"key":"${a}","keys_only":${only}}`),
  `{"key":"${a}" "limit":1}`,
  `{"key":"${a}","nope":[}`,
].map((body) => ask('/v3/kv/range', body, { ownWords: true }))

const wrongFor35: readonly GatewayRequest[] = [
  ask('/v3/kv/range', 'null', { ownWords: true }),
  ask('/v3/kv/range', `{"key":"${a}","key":"${b}"}`, { ownWords: true, not34: strict }),
  ask('/v3/kv/range', `{"key":"${a}","range_end":"Yg==","rangeEnd":"Yw=="}`, {
    ownWords: true,
    not34: strict,
  }),
  ask('/v3/kv/range', Buffer.from(`{"key":"${a}","a":"\xff"}`, 'latin1'), {
    ownWords: true,
    not34: strict,
  }),
  ask('/v3/kv/range', `{"key":"${a}","nope":"\\ud800"}`, { ownWords: true, not34: strict }),
  ask('/v3/kv/txn', '{"success":{}}', { ownWords: true }),
  ask('/v3/kv/txn', '{"success":[null]}', { ownWords: true, not34: 'it crashes' }),
  ask(
    '/v3/kv/txn',
    { success: [{ requestTxn: {}, request_range: { key: a } }] },
    {
      ownWords: true,
      not34: strict,
    },
  ),
  ask('/v3/lease/timetolive', { ID: '9223372036854775808' }, { ownWords: true }),
  ask('/v3/cluster/member/remove', { ID: '-1' }, { ownWords: true }),
]

/** Requests that are for no call. */
const misplaced: readonly GatewayRequest[] = [
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].map((method) => ask(`${method} /v3/kv/range`)),
  ask('GET /v3/nope'),
  ask('OPTIONS /v3/nope', '', { headers: { origin: 'http://a.test' } }),
  ...['/v3/nope', '/v3/', '/v3', '/v3beta/', '/v3beta', '/v3alpha/kv/range', '/v3/kv/range/'],
  ...['//v3/kv/range', '/v3//kv/range?a=b', '/v3/kv/./range', '/v3/x/../kv/range', '/v3/KV/range'],
  ...['/v3/kv/lease/grant', '/etcdserverpb.KV/Range', 'GET //version', 'HEAD //version'],
].map((line) => (typeof line === 'string' ? ask(line, line.includes(' ') ? '' : { key: a }) : line))

/** Leases and other calls, and streams. */
const others: readonly GatewayRequest[] = [
  ask('/v3/lease/grant', { TTL: 1000, ID: '77' }),
  // Beyond what a number carries: exact all the same.
  ask('/v3/lease/grant', '{"TTL":"1000","ID":7587854331190738763}'),
  ask('/v3/lease/revoke', '{"ID":7587854331190738763}'),
  ask('/v3/lease/grant', '{"ID":-9223372036854775808,"TTL":1000}'),
  ask('/v3/kv/lease/revoke', { ID: '-9223372036854775808' }),
  ask('/v3/kv/put', { key: 'bA==', lease: 77 }),
  ask('/v3/kv/lease/timetolive', { ID: 77, keys: true }),
  ask('/v3/lease/timetolive', { ID: '12345' }),
  ask('/v3/lease/leases'),
  ask('/v3/kv/lease/leases', {}),
  ask('/v3/lease/keepalive', { ID: 77 }),
  ask('/v3/lease/keepalive', '{"ID":"77"}\n{"ID":5}  {"ID":77}'),
  ask('/v3/lease/keepalive', '', { not34: 'it names a type for the empty body' }),
  ask('/v3/watch', { create_request: { key: a } }, { lines: 1 }),
  ask('/v3/watch', { createRequest: { key: a, startRevision: 2, prevKv: true } }, { lines: 2 }),
  ask(
    '/v3beta/watch',
    { create_request: { key: b, start_revision: 2, filters: [0] } },
    { lines: 2 },
  ),
  ask(
    '/v3/watch',
    { create_request: { key: a, filters: ['NOPUT', 'NOPE'] } },
    { lines: 1, not34: strict },
  ),
  ask('/v3/watch', { create_request: { key: a, start_revision: 1 } }, { lines: 2 }),
  ask('/v3/watch', { create_request: { key: a, start_revision: -1 } }, { lines: 1, not34: later }),
  ask('/v3/watch', { create_request: { key: b, range_end: a } }, { lines: 1 }),
  ask(
    '/v3/watch',
    '{"create_request":{"key":"YQ==","watch_id":"7"}}{"cancel_request":{"watch_id":7}}',
    {
      lines: 2,
    },
  ),
  ask('/v3/maintenance/alarm', { action: 'GET' }, { not34: noHeader }),
  ask('/v3/maintenance/alarm', { action: 1, alarm: 'NOSPACE', memberID: 5 }, { not34: noHeader }),
  ask('/v3/kv/put', { key: a }),
  ask(
    '/v3/maintenance/alarm',
    { action: 'DEACTIVATE', alarm: 1, memberID: '5' },
    { not34: noHeader },
  ),
  ask('/v3/cluster/member/list', {}),
  ask('/v3/maintenance/status'),
  ask('/v3/maintenance/hash', {}),
  ask('/v3/maintenance/hashkv', {}, { not: 'hash_revision came with 3.6' }),
  ask('/v3/lock/lock', { name: 'bG9jaw==', lease: 77 }),
  ask('/v3/lock/unlock', { key: 'bG9jay80ZA==' }),
  ask('/v3/lock/unlock', {}),
  ask('/v3/election/leader', { name: 'ZQ==' }),
  ask('/v3/election/campaign', { name: 'ZQ==', lease: '77', value: 'MQ==' }),
  ask('/v3/election/leader', { name: 'ZQ==' }),
  ask('/v3/election/observe', { name: 'ZQ==' }, { lines: 1 }),
  ask('/v3/election/proclaim', { value: 'Mg==' }),
  ask('/v3/maintenance/transfer-leadership', { targetID: 1 }),
  ask('/v3/cluster/member/remove', { ID: '1' }),
  ask('/v3/maintenance/downgrade', { action: 'VALIDATE', version: 'x' }, { not34: later }),
]

/** Users, and calls with the token of one, which stands for `TOKEN`. */
const auth: readonly GatewayRequest[] = [
  ask('/v3/auth/status', {}, { not34: later }),
  ask('/v3/auth/user/add', { name: 'root', password: 'r' }),
  ask('/v3/auth/user/add', { name: 'u', password: 'u' }),
  ask('/v3/auth/user/add', { name: 'u', password: 'u' }),
  ask('/v3/auth/role/add', { name: 'r' }),
  ask('/v3/auth/role/grant', {
    name: 'r',
    perm: { permType: 'READWRITE', key: 'cA==', range_end: 'cQ==' },
  }),
  ask('/v3/auth/role/get', { role: 'r' }),
  ask('/v3/auth/role/get', { role: 'nobody' }),
  ask('/v3/auth/user/grant', { user: 'root', role: 'root' }),
  ask('/v3/auth/user/grant', { user: 'u', role: 'r' }),
  ask('/v3/auth/user/get', { name: 'u' }),
  ask('/v3/auth/user/list', {}),
  ask('/v3/auth/enable', {}),
  ask('/v3/kv/range', { key: 'cA==' }),
  ask('/v3/auth/authenticate', { name: 'u', password: 'wrong' }),
  ask('/v3/auth/authenticate', { name: 'u', password: 'u' }),
  ask('/v3/kv/range', { key: 'cA==' }, { headers: { authorization: 'TOKEN' } }),
  ask('/v3/kv/range', { key: a }, { headers: { authorization: 'TOKEN' } }),
  ask('/v3/kv/range', { key: 'cA==' }, { headers: { 'grpc-metadata-token': 'TOKEN' } }),
  ask('/v3/kv/range', { key: 'cA==' }, { headers: { 'grpc-metadata-authorization': 'TOKEN' } }),
  ask('/v3/kv/range', { key: 'cA==' }, { headers: { token: 'TOKEN' } }),
  ask('/v3/kv/range', { key: 'cA==' }, { headers: { authorization: 'nonsense' } }),
  ask(
    '/v3/kv/range',
    { key: 'cA==' },
    {
      headers: { authorization: 'Bearer TOKEN' },
      not: 'it came with 3.5.32 and 3.6',
    },
  ),
  ask(
    '/v3/watch',
    { create_request: { key: a } },
    { lines: 1, headers: { authorization: 'TOKEN' } },
  ),
  ask('/v3/watch', { create_request: { key: a } }, { lines: 1 }),
  ask('/v3/lease/keepalive', { ID: 77 }, { headers: { authorization: 'TOKEN' }, not34: later }),
  ask('/v3/lease/keepalive', '{"ID":5}{"ID":77}', {
    headers: { authorization: 'TOKEN' },
    not34: later,
  }),
  ask('/v3/auth/authenticate', { name: 'root', password: 'r' }),
  ask('/v3/auth/disable', {}, { headers: { authorization: 'TOKEN' } }),
]

/** All of them. */
export const gatewayRequests: readonly GatewayRequest[] = [
  ...understood,
  ...refused,
  ...wrong,
  ...wrongFor35,
  ...misplaced,
  ...others,
  ...auth,
]
