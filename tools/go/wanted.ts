// Go and etcd's Go client, as Debian packages them: the client's sources with the sources of all it imports.

import type { Wanted } from '../etcd/wanted.ts'

/**
 * Not the closure of the packages' dependencies, which is four times as large and has two versions of some libraries in
 * it, but what `go list -deps` of a program names that imports the client and its `concurrency`.
 */
export const goWanted: Wanted = {
  name: 'go',
  packages: [
    'golang-1.19-go',
    'golang-1.19-src',
    'golang-etcd-server-dev',
    'golang-github-coreos-go-semver-dev',
    'golang-github-coreos-go-systemd-dev',
    'golang-github-coreos-pkg-dev',
    'golang-github-gogo-protobuf-dev',
    'golang-github-golang-protobuf-1-3-dev',
    'golang-github-google-uuid-dev',
    'golang-go.uber-atomic-dev',
    'golang-go.uber-multierr-dev',
    'golang-go.uber-zap-dev',
    'golang-golang-x-net-dev',
    'golang-golang-x-sys-dev',
    'golang-golang-x-text-dev',
    'golang-google-genproto-dev',
    'golang-google-grpc-dev',
  ],
  suites: ['bookworm'],
  accepts: /^1\.19\./,
  files: {},
  whole: true,
  proof: {
    file: 'usr/lib/go-1.19/bin/go',
    args: ['version'],
    version: /^go version go(\S+)/,
  },
  libraries: false,
  required: true,
}
