// The protoc plugin that buf runs: the request on standard input, the files on standard output.

import { runNodeJs } from '@bufbuild/protoplugin'
import { plugin } from './plugin.ts'

runNodeJs(plugin)
