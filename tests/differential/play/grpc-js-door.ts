// Calls by grpc-js, which tells the status that came over the wire; streams by the client.

import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { Etcd } from 'etcdkit'
import { type Answer, type Caller, type Door, shown } from './door.ts'

/** Opens a door. */
export function grpcJsDoor(endpoint: string): Door {
  const etcd = new Etcd(endpoint)
  const client = new Client(new URL(endpoint).host, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  })
  return {
    call: ({ path, input, output }, request, caller) =>
      new Promise<Answer>((resolve, reject) => {
        const serialize = (message: typeof request): Buffer => Buffer.from(input.encode(message))
        client.makeUnaryRequest(
          path,
          serialize,
          (bytes) => output.decode(bytes),
          request,
          metadataOf(caller),
          (error, message) => {
            if (message !== undefined) resolve({ kind: 'message', message })
            else if (error !== null) resolve({ kind: 'refusal', refusal: refusalOf(error) })
            else reject(new Error(`neither an answer nor an error of ${path}`))
          },
        )
      }),
    stream: (method, caller) => etcd.stream(method, shown(caller)),
    async close() {
      client.close()
      await etcd.close()
    },
  }
}

function metadataOf(caller: Caller | undefined): Metadata {
  const metadata = new Metadata()
  if (caller !== undefined) metadata.set('token', caller.token)
  return metadata
}

function refusalOf({ code, details }: ServiceError): { status: number; message: string } {
  return { status: code, message: details }
}
