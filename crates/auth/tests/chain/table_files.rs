//! The table's rows for files.

use session_export_auth::SourceKind;

use crate::table::{
    Case, Group,
    Set::{KooCli, ProfileFile, Variables},
};

pub(crate) const PROFILE_FILE: Group = Group {
    kind: SourceKind::ProfileFile,
    title: "Profile file",
    cases: &[
        Case {
            given: "`[basic]` with `ak`, `sk`",
            set: ProfileFile("[basic]\nak = AK\nsk = sesame\n"),
            outcome: "used, an access key",
        },
        Case {
            given: "the same with `security_token`, `project_id`, `iam_endpoint`",
            set: ProfileFile(
                "\u{feff}[basic]\r\nAK=AK\r\nsk=sesame==\r\nsecurity_token=sesame\r\nproject_id=p1\r\n\
                 iam_endpoint=https://iam.example.com\r\n",
            ),
            outcome: "used, a temporary access key; project id p1; IAM at https://iam.example.com",
        },
        Case {
            given: "`[basiccredentials]`",
            set: ProfileFile("[global]\nak = GAK\nsk = sesame\n[basiccredentials]\nak = AK\nsk = sesame\n"),
            outcome: "used, an access key",
        },
        Case {
            given: "`[basic.credentials]`",
            set: ProfileFile("[basic.credentials]\nak = AK\nsk = sesame\n"),
            outcome: "used, an access key",
        },
        Case {
            given: "`ak` without `sk`",
            set: ProfileFile("# mine\n[basic]\nak = AK\n"),
            outcome: "error: file ~/.huaweicloud/credentials [basic]: ak (line 3) is set, but not sk; set \
                      what is missing, or remove ak (line 3) to use another credential",
        },
        Case {
            given: "`sk` without `ak`",
            set: ProfileFile("[basic]\nak =\nsk = sesame\n"),
            outcome: "error: file ~/.huaweicloud/credentials [basic]: sk (line 3) is set, but not ak; set \
                      what is missing, or remove sk (line 3) to use another credential",
        },
        Case {
            given: "a misspelt key",
            set: ProfileFile("[basic]\nak = AK\nsk = sesame\nsesame_token = sesame\n"),
            outcome: "used, an access key; note: the key on line 4 is not known here",
        },
        Case {
            given: "a comment after a value",
            set: ProfileFile("[basic]\nak = AK\nsk = sesame # mine\n"),
            outcome: "error: file ~/.huaweicloud/credentials [basic]: sk (line 3): the secret access key \
                      holds blanks, line breaks or non-ASCII characters; check how it was copied",
        },
        Case {
            given: "`idp_id` and `id_token_file`",
            set: ProfileFile("[basic]\nak = AK\nsk = sesame\nidp_id = idp\nid_token_file = token\n"),
            outcome: "error: file ~/.huaweicloud/credentials [basic]: idp_id (line 4) and id_token_file \
                      (line 5) ask for a log-in with an ID token, which is not supported here; get a token \
                      with another tool and set SESSION_EXPORT_TOKEN, or remove the two to use another \
                      credential",
        },
        Case {
            given: "only `[global]`",
            set: ProfileFile("[global]\nak = AK\nsk = sesame\n"),
            outcome: "goes on: not usable: it has only [global], which is for services of a whole account; \
                      Workspace belongs to a project: put the key into a section [basic]",
        },
        Case {
            given: "other sections only",
            set: ProfileFile("[dev]\nak = AK\nsk = sesame\n[prod]\nak = AK\nsk = sesame\n"),
            outcome: "goes on: not usable: it has no section [basic]; it has [dev], [prod]: choose one of \
                      them as the profile",
        },
        Case {
            given: "`[basic]` without a key",
            set: ProfileFile("[basic]\nproject_id = p1\n"),
            outcome: "goes on: ak is not set",
        },
        Case {
            given: "an empty file",
            set: ProfileFile(""),
            outcome: "goes on: not usable: it has no section [basic], and no other",
        },
        Case {
            given: "a key twice",
            set: ProfileFile("[basic]\nak = AK\nsk = sesame\nSK = sesame\n"),
            outcome: "error: file ~/.huaweicloud/credentials: line 4: this key is already on line 3",
        },
        Case {
            given: "a section twice",
            set: ProfileFile("[basic]\nak = AK\n[basic]\nsk = sesame\n"),
            outcome: "error: file ~/.huaweicloud/credentials: line 3: this section is already on line 1",
        },
        Case {
            given: "a section's name without its end",
            set: ProfileFile("[basic\nak = AK\nsk = sesame\n"),
            outcome: "error: file ~/.huaweicloud/credentials: line 1: this section's name does not end \
                      with ]",
        },
        Case {
            given: "a line that is neither a section nor a key",
            set: ProfileFile("[basic]\nak = AK\nsesame\n"),
            outcome: "error: file ~/.huaweicloud/credentials: line 3: neither [section] nor key = value",
        },
        Case {
            given: "a key before the first section",
            set: ProfileFile("ak = AK\nsk = sesame\n"),
            outcome: "error: file ~/.huaweicloud/credentials: line 1: a key before the first section; put \
                      [basic] above it",
        },
        Case {
            given: "a value in quotes",
            set: ProfileFile("[basic]\nak = AK\nsk = \"sesame\"\n"),
            outcome: "error: file ~/.huaweicloud/credentials: line 3: the value is in quotes; remove them",
        },
        Case {
            given: "no file",
            set: Variables(&[]),
            outcome: "goes on: there is no such file",
        },
    ],
};

pub(crate) const KOO_CLI: Group = Group {
    kind: SourceKind::KooCli,
    title: "KooCLI",
    cases: &[
        Case {
            given: "the current profile, mode `AKSK`, in plain text",
            set: KooCli(
                r#"{"current":"b","profiles":[{"name":"a","mode":"AKSK"},{"name":"b","mode":"AKSK","region":"cn-north-4",
                "accessKeyId":"AKEXAMPLEAKEXAMPLE00","secretAccessKey":"sesamesesamesesamesesamesesamesesame0123",
                "securityToken":"","projectId":"p1"}]}"#,
            ),
            outcome: "used, an access key; project id p1; region cn-north-4",
        },
        Case {
            given: "mode `SSO`, in plain text",
            set: KooCli(
                r#"{"current":"b","profiles":[{"name":"b","mode":"SSO","ssoAuth":{"stsToken":{
                "accessKeyId":"AKEXAMPLEAKEXAMPLE00","secretAccessKey":"sesamesesamesesamesesamesesamesesame0123",
                "securityToken":"sesame"}}}]}"#,
            ),
            outcome: "used, a temporary access key",
        },
        Case {
            given: "mode `AKSK`, encrypted (KooCLI's default)",
            set: KooCli(
                r#"{"current":"b","profiles":[{"name":"b","mode":"AKSK","accessKeyId":"q0Jzsesameb2x+kd83/AkQ==",
                "secretAccessKey":"hG7sesamea0n3S6H1kZ8wqQpUuZ1f0m7+V3e9s5YtBM4oLZr2XcN6g=="}]}"#,
            ),
            outcome: "goes on: not usable: its keys are not in the form of an access key, so KooCLI has \
                      encrypted them; run `hcloud configure set --cli-auth-encrypt=false`, or set the key \
                      in another place",
        },
        Case {
            given: "an access key's id without its secret",
            set: KooCli(
                r#"{"current":"b","profiles":[{"name":"b","mode":"AKSK","accessKeyId":"AKEXAMPLEAKEXAMPLE00"}]}"#,
            ),
            outcome: "goes on: not usable: accessKeyId is set, but not secretAccessKey; set what is \
                      missing, or remove accessKeyId to use another credential",
        },
        Case {
            given: "mode `SSO` without a temporary key",
            set: KooCli(r#"{"current":"b","profiles":[{"name":"b","mode":"SSO","ssoAuth":{}}]}"#),
            outcome: "goes on: not usable: its mode is SSO, but it holds no temporary key; log in with \
                      KooCLI again",
        },
        Case {
            given: "another mode",
            set: KooCli(r#"{"current":"b","profiles":[{"name":"b","mode":"ecsAgency"}]}"#),
            outcome: "goes on: not usable: its mode is neither AKSK nor SSO, and others are not supported",
        },
        Case {
            given: "a profile without a key",
            set: KooCli(r#"{"current":"b","profiles":[{"name":"b","mode":"AKSK"}]}"#),
            outcome: "goes on: accessKeyId is not set",
        },
        Case {
            given: "a current profile that does not exist",
            set: KooCli(r#"{"current":"b","profiles":[{"name":"a"},{"name":"c"}]}"#),
            outcome: "goes on: not usable: it has no profile b; it has a, c",
        },
        Case {
            given: "no current profile",
            set: KooCli(r#"{"current":"","profiles":[{"name":"a"}]}"#),
            outcome: "goes on: not usable: it has no current profile",
        },
        Case {
            given: "half an agency",
            set: KooCli(
                r#"{"current":"b","profiles":[{"name":"b","accessKeyId":"AKEXAMPLEAKEXAMPLE00","agencyName":"reader",
                "secretAccessKey":"sesamesesamesesamesesamesesamesesame0123"}]}"#,
            ),
            outcome: "goes on: not usable: agencyName is set, but neither agencyDomainName nor \
                      agencyDomainId; set what is missing, or remove agencyName to use no agency",
        },
        Case {
            given: "no JSON",
            set: KooCli("{\"current\":\"sesame\",\n  \"profiles\":sesame}"),
            outcome: "goes on: not usable: it is not KooCLI's JSON (line 2, column 14)",
        },
        Case {
            given: "no file",
            set: Variables(&[]),
            outcome: "goes on: there is no such file",
        },
    ],
};
