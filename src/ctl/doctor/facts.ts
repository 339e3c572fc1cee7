import type { ClusterView } from '../../model/cluster.ts';
import type { Member } from '../../model/member.ts';
import type { MemberReport } from '../../model/node-status.ts';
import type { PeerCertificate } from '../../system/peer-certificate.ts';
import type { Finding as ConfigFinding } from '../validate/finding.ts';

/** Everything that the checks go by, gathered at one moment. */
export interface DoctorFacts {
  readonly view: ClusterView;
  /** One for each member of the view. */
  readonly members: readonly MemberSight[];
  readonly store: StoreSight;
  /** What the checks of `edit-config` say of the dynamic configuration. */
  readonly configuration: readonly ConfigFinding[];
  readonly local: LocalSight;
  /** Wall clock of this machine, milliseconds since 1970. */
  readonly nowMs: number;
}

/** One member, as it is seen from this machine. */
export interface MemberSight {
  readonly member: Member;
  readonly report: MemberReport;
  /** Undefined: its answer had no time in it, or there was none. */
  readonly clock: ClockSight | undefined;
  readonly door: DoorSight;
  /** Undefined: its REST API is not served over TLS, or is silent. */
  readonly certificate: CertificateSight | undefined;
}

/**
 * A member's clock against this machine's, in milliseconds: the difference is between `least` and
 * `most`. An HTTP date has whole seconds, and the answer was made somewhere between question and
 * arrival: so the two are a second and a round trip apart.
 */
export interface ClockSight {
  readonly dateMs: number;
  readonly least: number;
  readonly most: number;
}

/** Whether the REST API takes orders of somebody who shows neither password nor certificate. */
export type DoorSight =
  | { readonly kind: 'open' | 'closed' }
  | { readonly kind: 'unknown'; readonly why: string };

/** The certificate that a server showed, or why none was seen. */
export type CertificateSight =
  | ({ readonly ok: true } & PeerCertificate)
  | { readonly ok: false; readonly failure: string };

/** The servers of the store that the configuration names. */
export interface StoreSight {
  readonly endpoints: readonly EndpointSight[];
  /** Why the endpoints were not looked at. */
  readonly unseen?: string;
}

export interface EndpointSight {
  /** Its URL. */
  readonly name: string;
  /** Why it did not answer. */
  readonly failure?: string;
  readonly certificate?: CertificateSight;
}

/** The configuration that this command was given. */
export interface LocalSight {
  /** Files with passwords that everybody on this machine may read. */
  readonly exposed: readonly string[];
  /** The member whose configuration it is; undefined: it is nobody's, or of another cluster. */
  readonly node?: {
    readonly name: string;
    readonly watchdog: 'off' | 'automatic' | 'required';
    /** `pgherd.fence`; undefined: there is no such key. */
    readonly fence?: string;
  };
}
