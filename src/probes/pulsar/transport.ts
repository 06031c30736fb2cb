import type { Endpoint } from '../../platform/platform.ts';
import type { Changed, Connection } from '../keeper.ts';
import type { Security } from '../security.ts';
import type { MessageId } from './message-id.ts';

/** How Pulsar is spoken to. */
export const TRANSPORTS = ['websocket', 'pulsar-client'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** A persistent topic. */
export interface Topic {
  /** `tenant/namespace`. */
  readonly namespace: string;
  readonly name: string;
}

export interface OutgoingMessage {
  /** Messages of one key stay in order, and go to one consumer of a Key_Shared subscription. */
  readonly key: string;
  readonly payload: string;
  /** True: it stays in the cluster in which it was produced. */
  readonly local?: boolean;
}

/**
 * What became of a message. `unsent`: nothing of it left this process; `refused`: the broker said that it did not take it; `unknown`: it may be
 * stored or not. Only `acknowledged` says that it is. `duplicate`: it was stored already, under the same producer's name and number.
 */
export type SendAnswer =
  | { readonly kind: 'acknowledged'; readonly id: MessageId; readonly duplicate: boolean }
  | { readonly kind: 'unsent' | 'refused' | 'unknown'; readonly error: string };

export interface ProducerOptions {
  readonly topic: Topic;
  /** The same name and numbers as before: the broker stores no message again. */
  readonly name: string;
  /** The first message gets the number after it; -1: the first ever gets 0. */
  readonly initialSequenceId: number;
  /** After so long the client inside the broker or the library gives a message up. */
  readonly sendTimeoutMs: number;
}

export interface Producer extends Connection {
  /** Sends a message and waits for the broker's acknowledgement, at most `timeoutMs`. Never rejects. */
  send(message: OutgoingMessage, timeoutMs: number): Promise<SendAnswer>;
}

export interface Received {
  readonly id: MessageId;
  readonly key: string;
  readonly payload: string;
  /** How often it was delivered before, to this subscription. */
  readonly redeliveries: number;
}

/** Messages as they are delivered. */
export interface Source extends AsyncDisposable {
  /** The next message; null: none came within `withinMs`. An Unconnected when the connection was lost. */
  next(withinMs: number): Promise<Received | null>;
}

export interface Subscribed extends Source {
  acknowledge(message: Received): void;
  /** To be delivered again. */
  refuse(message: Received): void;
}

export interface SubscribeOptions {
  readonly topic: Topic;
  readonly subscription: string;
  readonly type: 'Exclusive' | 'Shared' | 'Key_Shared';
  readonly consumer: string;
  /** Where a new subscription begins. */
  readonly from: 'earliest' | 'latest';
  /** Between a refusal and the next delivery. */
  readonly redeliverAfterMs?: number;
  /** Where a message goes that was refused once more after so many redeliveries. */
  readonly deadLetters?: { readonly topic: Topic; readonly afterRedeliveries: number };
}

export interface ReadOptions {
  readonly topic: Topic;
  /** Begins with the message after this one. */
  readonly after: MessageId | 'earliest';
}

/** One site's Pulsar, spoken to in one way. All of these reject with an Unconnected that says why, within `withinMs`. */
export interface Transport extends AsyncDisposable {
  readonly name: TransportName;
  /** A producer that the broker has accepted. */
  produce(options: ProducerOptions, changed: Changed, withinMs: number): Promise<Producer>;
  subscribe(options: SubscribeOptions, withinMs: number): Promise<Subscribed>;
  /** Reads a topic without a subscription: nothing of it is kept, and nothing acknowledged. */
  read(options: ReadOptions, withinMs: number): Promise<Source>;
}

export interface TransportOptions {
  /** Where the brokers' HTTP is. */
  readonly endpoints: readonly Endpoint[];
  /** The name server that knows their hosts; absent: none is asked. */
  readonly resolver?: string | undefined;
  readonly security: Security;
  /** True: the password is a token by itself (a JSON Web Token), and the user name is not used. */
  readonly token?: boolean;
  readonly quietMs: number;
}

export function fullName({ namespace, name }: Topic): string {
  return `persistent://${namespace}/${name}`;
}
