/**
 * Decision points of the namespaces that SSVC has registered: each version's values in the order of
 * their definition, by their keys (CERT/CC SSVC, registry of August 2026). CSAF 2.1 demands of what
 * stands in these namespaces that it is one of them. Written `key:version:value,value…`.
 */
const points = {
  ssvc: [
    "A:2.0.0:N,Y COORDINATE:1.0.0:D,T,C COORDINATE:1.0.1:D,T,C CS:1.0.0:N,Y",
    "DSOI:1.0.0:D,S,O,I E:1.0.0:N,P,A E:1.1.0:N,P,A EXP:1.0.0:S,C,U EXP:1.0.1:S,C,O",
    "HI:2.0.0:L,M,H,VH HI:2.0.1:L,M,H,VH HI:2.0.2:L,M,H,VH HVA:1.0.0:N,Y",
    "MI:1.0.0:N,NED,MSC,MEF,MF MI:2.0.0:D,MSC,MEF,MF MWI:1.0.0:L,M,H PSI:2.0.0:M,S",
    "PSI:2.0.1:M,S PUBLISH:1.0.0:N,P PVA:1.0.0:L,A,P PWI:1.1.0:M,MA,I RC:1.0.0:NC,C",
    "RP:1.0.0:Y,N SC:1.0.0:O,M SCON:1.0.0:N,Y SE:1.0.0:A,U SI:1.0.0:N,M,J,H,C",
    "SI:2.0.0:N,M,R,C SI:2.0.1:N,M,R,C SINV:1.0.0:FR,C,UU TI:1.0.0:P,T U:1.0.0:L,E,S",
    "U:1.0.1:L,E,S V:1.0.0:S,R VD:1.0.0:D,C",
  ],
  cisa: [
    "BOD2604:1.0.0:FSU,60D,14D,3D,3DF CISA:1.1.0:T,T*,AT,AC KEV:1.0.0:N,Y MP:1.0.0:M,S,E",
    "PE:1.0.0:N,Y",
  ],
  cvss: [
    "A:1.0.0:N,P,C A:2.0.0:N,L,H AC:1.0.0:H,L AC:2.0.0:H,M,L AC:3.0.0:H,L AC:3.0.1:H,L",
    "AR:1.0.0:L,M,H,ND AR:1.1.0:L,M,H,X AR:1.1.1:L,M,H,X AR_NoX:1.1.1:L,M,H AT:1.0.0:P,N",
    "AU:1.0.0:N,Y,X AV:1.0.0:L,R AV:2.0.0:L,A,N AV:3.0.0:P,L,A,N AV:3.0.1:P,L,A,N",
    "Au:1.0.0:N,R Au:2.0.0:M,S,N C:1.0.0:N,P,C C:2.0.0:N,L,H CDP:1.0.0:N,L,M,H",
    "CDP:2.0.0:N,LM,MH,H,ND CR:1.0.0:L,M,H,ND CR:1.1.0:L,M,H,X CR:1.1.1:L,M,H,X",
    "CR_NoX:1.1.1:L,M,H CVSS:1.0.0:N,L,M,H,C E:1.0.0:U,P,F,H E:1.1.0:U,P,F,H,ND",
    "E:1.2.0:U,POC,F,H,X E:2.0.0:U,P,A,X EQ1:1.0.0:L,M,H EQ2:1.0.0:L,H EQ3:1.0.0:L,M,H",
    "EQ4:1.0.0:L,M,H EQ5:1.0.0:L,M,H EQ6:1.0.0:L,H E_NoX:2.0.0:U,P,A I:1.0.0:N,P,C",
    "I:2.0.0:N,L,H IB:1.0.0:N,C,I,A IR:1.0.0:L,M,H,ND IR:1.1.0:L,M,H,X IR:1.1.1:L,M,H,X",
    "IR_NoX:1.1.1:L,M,H MA:2.0.0:N,L,H,X MAC:3.0.0:H,L,X MAC:3.0.1:H,L,X MAT:1.0.0:P,N,X",
    "MAV:3.0.0:P,L,A,N,X MAV:3.0.1:P,L,A,N,X MC:2.0.0:N,L,H,X MI:2.0.0:N,L,H,X",
    "MPR:1.0.0:H,L,N,X MPR:1.0.1:H,L,N,X MS:1.0.0:U,C,X MSA:1.0.0:N,L,H,X MSA:1.0.1:N,L,H,X,S",
    "MSA_NoX:1.0.1:N,L,H,S MSC:1.0.0:N,L,H,X MSC:1.0.1:N,L,H,X MSI:1.0.0:N,L,H,X",
    "MSI:1.0.1:N,L,H,X,S MSI_NoX:1.0.1:N,L,H,S MUI:1.0.0:R,N,X MUI:2.0.0:A,P,N,X",
    "MVA:3.0.0:N,L,H,X MVC:3.0.0:N,L,H,X MVI:3.0.0:N,L,H,X PR:1.0.0:H,L,N PR:1.0.1:H,L,N",
    "QS:1.0.0:N,L,M,H,C R:1.0.0:X,A,U,I RC:1.0.0:UC,UR,C RC:1.1.0:UC,UR,C,ND RC:2.0.0:U,R,C,X",
    "RE:1.0.0:X,L,M,H RL:1.0.0:OF,TF,W,U RL:1.1.0:OF,TF,W,U,X S:1.0.0:U,C SA:1.0.0:N,L,H",
    "SC:1.0.0:N,L,H SF:1.0.0:X,P,N SI:1.0.0:N,L,H TD:1.0.0:N,L,M,H TD:1.1.0:N,L,M,H,X",
    "U:1.0.0:X,C,G,A,R UI:1.0.0:R,N UI:2.0.0:A,P,N V:1.0.0:X,D,C VA:3.0.0:N,L,H",
    "VC:3.0.0:N,L,H VI:3.0.0:N,L,H",
  ],
  basic: [
    "BP:1.0.0:NN,JA,JB CIS_WEP:1.0.0:ANC,VU,U,REC,L,VL,AC IKE:1.0.0:D,G,S,O LMH:1.0.0:L,M,H",
    "MEDIAN:1.0.0:B,A MSCW:1.0.0:W,C,S,M P_2A:1.0.0:LT50,GT50",
    "P_5A:1.0.0:P0_20,P20_40,P40_60,P60_80,P80_100",
    "P_5W:1.0.0:P0_30,P30_55,P55_75,P75_90,P90_100 QUARTILES:1.0.0:Q1,Q2,Q3,Q4",
    "QUINTILES:1.0.0:Q1,Q2,Q3,Q4,Q5 VALUE_COMPLEXITY:1.0.0:D,R,E,F YN:1.0.0:N,Y",
  ],
  "nist#800-30": ["P_5X:1.0.0:VL,L,M,H,VH"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const known: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> = new Map(
  Object.entries(points).map(([namespace, lines]) => [
    namespace,
    new Map(
      lines
        .flatMap((line) => line.split(" "))
        .map((point) => {
          const [key, version, values = ""] = point.split(":");
          return [`${key} ${version}`, values.split(",")] as const;
        }),
    ),
  ]),
);

/** What a selection says of a decision point; extensions of a namespace follow its base. */
export interface SsvcSelection {
  readonly namespace: string;
  readonly key: string;
  readonly version: string;
  readonly values: readonly string[];
}

/** Why a selection cannot be; null where it can, or where its namespace is nobody's or a project's own. */
export function selectionProblem(of: SsvcSelection): string | null {
  const base = of.namespace.split("/", 1)[0] ?? "";
  if (/^(?:x_)?invalid(?:#|$)/.test(base)) return "the namespace is never valid";
  if (new Set(of.values).size < of.values.length) return "a value stands there twice";
  const points = known.get(base);
  if (points === undefined) return null;
  const values = points.get(`${of.key} ${of.version}`);
  const name = `${of.key} ${of.version} of ${base}`;
  if (values === undefined) return `there is no decision point ${name}`;
  const strange = of.values.find((value) => !values.includes(value));
  if (strange !== undefined) return `the decision point ${name} has no value ${strange}`;
  const isOrdered = of.values.every(
    (value, at) => at === 0 || values.indexOf(of.values[at - 1] ?? "") < values.indexOf(value),
  );
  return isOrdered ? null : `the values of ${name} stand in this order: ${values.join(", ")}`;
}
