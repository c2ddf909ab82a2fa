// Made from openapi.json by scripts/generate-openapi.ts. Do not edit.

export interface paths {
    "/api/v1/agent-health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many of the hosts that call in have something in their way, by what it is. */
        get: operations["getAgentHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agent-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a token with which one host of this ring, with these labels, may enrol itself once. */
        post: operations["postAgentTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agent-trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a trust file for install lines says: address, authority, digest of the program. */
        get: operations["getAgentTrust"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Hosts that call in: when they did, when they will, until when their certificate holds. */
        get: operations["getAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{agent}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One host that calls in, with what stands in its way and the way out. */
        get: operations["getAgentsByAgent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{agent}/{verb}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a host out of quarantine or puts it there, or buries its id for ever. */
        post: operations["postAgentsByAgentByVerb"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{agent}/renewal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has the host's next poll bring it a new certificate. */
        post: operations["postAgentsByAgentRenewal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/asked": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What waits for the reader's word beside changes: rights to lend, and halts that somebody else wants lifted. */
        get: operations["getAsked"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/changes/{change}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The entries of one change, each with its proof, for `fettle audit verify`. */
        get: operations["getAuditChangesByChangeEvidence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest signed head of the ledger, a C2SP checkpoint. */
        get: operations["getAuditCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/consistency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proof that the tree of one size extends the tree of a smaller one (RFC 6962 §2.1.2). */
        get: operations["getAuditConsistency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events in the order in which they were written, filtered by what they are about. */
        get: operations["getAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole ledger with all signed heads, for `fettle audit verify`. */
        get: operations["getAuditExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Legal holds, newest first. */
        get: operations["getAuditHolds"];
        put?: never;
        /** Places a legal hold, which counts at once: what it names is neither pruned nor erased. */
        post: operations["postAuditHolds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/holds/{hold}/lift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks to lift a legal hold; another person who does the same lifts it. */
        post: operations["postAuditHoldsByHoldLift"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The ledger's public key in the form that C2SP tools take. */
        get: operations["getAuditKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/names": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What people call the things that events are about; the ledger itself names ids only. */
        get: operations["getAuditNames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/proof/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proof that an entry is in the tree (RFC 6962 §2.1.1), with the entry itself. */
        get: operations["getAuditProofByIndex"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/prunings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Prunes entries below an index, once a signed head covers the statement that says so. */
        post: operations["postAuditPrunings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long the log keeps the words of its entries, and which could be pruned now. */
        get: operations["getAuditRetention"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/retention/{class}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keeps the words of one class of entries longer; for less, another person has to ask for the same. */
        put: operations["putAuditRetentionByClass"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cab/agenda": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the change advisory board has before it at its next meeting. */
        get: operations["getCabAgenda"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cab/minutes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Minutes of the advisory board, newest first; the ledger keeps the digest of each. */
        get: operations["getCabMinutes"];
        put?: never;
        /** Keeps the minutes of all that the board decided since the last ones. */
        post: operations["postCabMinutes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the calendar has between two moments: windows, what closes them, releases. */
        get: operations["getCalendar"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The calendar of the last week and the coming quarter as iCalendar. */
        get: operations["getCalendarIcs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar/conflicts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Windows of the coming quarter that something closes or meets. */
        get: operations["getCalendarConflicts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar/feeds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Secret addresses under which the calendar is subscribed to. */
        get: operations["getCalendarFeeds"];
        put?: never;
        /** Makes a secret address for calendar programs. It is told once. */
        post: operations["postCalendarFeeds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar/feeds/{feed}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends such an address. */
        delete: operations["deleteCalendarFeedsByFeed"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar/feeds/{secret}/calendar.ics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The calendar under a secret address.
         * @description Open to everybody: Calendar programs cannot sign in; the secret in the address is the right.
         */
        get: operations["getCalendarFeedsBySecretCalendarIcs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Calendars that were imported, and what the last try to fetch each met. */
        get: operations["getCalendarImports"];
        put?: never;
        /** Imports an iCalendar, from its text or an address; one of the same name is replaced. */
        post: operations["postCalendarImports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/calendar/imports/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes an imported calendar away. */
        delete: operations["deleteCalendarImportsByName"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/change-duties": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What emergencies still owe, the most urgent first. */
        get: operations["getChangeDuties"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/change-measures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How well changes went: success, emergencies, backed out, time from request to end. */
        get: operations["getChangeMeasures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/change-templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Templates of standard changes, every version, and whether it can be used now. */
        get: operations["getChangeTemplates"];
        put?: never;
        /** Proposes a template, or a new version of one; two others have to approve it. */
        post: operations["postChangeTemplates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/change-templates/{template}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A template by its digest, or the newest of a name. */
        get: operations["getChangeTemplatesByTemplate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/change-templates/{template}/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approves the exact text of a template that somebody else proposed. */
        post: operations["postChangeTemplatesByTemplateApprovals"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Changes, newest first; `waiting=me` is the approver's inbox. */
        get: operations["getChanges"];
        put?: never;
        /** Asks for a plan to be approved. */
        post: operations["postChanges"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One change: what exactly is signed, counted from its documents, and who approved. */
        get: operations["getChangesByChange"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/afterwards": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Decides about an emergency afterwards, as somebody who had no part in it. */
        post: operations["postChangesByChangeAfterwards"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approves: your own signature over the statement's exact bytes. */
        post: operations["postChangesByChangeApprovals"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/decision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Closes the vote of the board, or vetoes the change as its chair. */
        post: operations["postChangesByChangeDecision"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/elevations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks to be lent the rights to carry this change out, for a time; another person decides. */
        post: operations["postChangesByChangeElevations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/itsm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The change's records in ITSM systems, and the state of each. */
        get: operations["getChangesByChangeItsm"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/itsm/{system}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Says which record there is the change's; it is read first, and its state counts. */
        put: operations["putChangesByChangeItsmBySystem"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/itsm/{system}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes up a record that was given up. */
        post: operations["postChangesByChangeItsmBySystemRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/pack": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything that a signature covers, as a file for an approval desk. */
        get: operations["getChangesByChangePack"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives the change another plan; approvals of the old one no longer count. */
        post: operations["postChangesByChangePlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/readiness": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the hosts of a change know the keys of those who approved it, as far as their policies are known here. */
        get: operations["getChangesByChangeReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An approver says no, with the reason. */
        post: operations["postChangesByChangeReject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/request-signature": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The requester signs what they ask for: the statement, namespace fettle-request-v1. */
        post: operations["postChangesByChangeRequestSignature"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says once what came of a change: the goal, the cause, and who does what until when. */
        post: operations["postChangesByChangeReview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/risk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Calls a change riskier than its points do; nobody lowers it. */
        post: operations["postChangesByChangeRisk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/sign-offs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says for one part of the ownership map that the change may go on. */
        post: operations["postChangesByChangeSignOffs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The exact bytes to sign: `ssh-keygen -Y sign -n fettle-approve-v1 -f KEY plan`. */
        get: operations["getChangesByChangeStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/votes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A member's vote on the plan that the change asks for; it is no signature. */
        post: operations["postChangesByChangeVotes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes/{change}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The requester takes the change back; no host starts for it any more. */
        post: operations["postChangesByChangeWithdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deadline-forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which hosts will miss the date of which open case, and why, as things stand. */
        get: operations["getDeadlineForecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deadlines/{about}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every date that the policy gives for a case, a vulnerability, a host or a service. */
        get: operations["getDeadlinesByAbout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/debt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The risk of what is overdue, put off or excepted, by day, label and source. */
        get: operations["getDebt"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deferrals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Deferrals, newest first. */
        get: operations["getDeferrals"];
        put?: never;
        /** Puts an update off. No date moves by it. */
        post: operations["postDeferrals"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deferrals/{deferral}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One deferral with what it was said to cost. */
        get: operations["getDeferralsByDeferral"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deferrals/{deferral}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a deferral before its time. */
        post: operations["postDeferralsByDeferralCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deferrals/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What putting an update off until then would cost. Changes nothing. */
        post: operations["postDeferralsPreview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/delegations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who signs approvals in the place of whom, now and later. */
        get: operations["getDelegations"];
        put?: never;
        /** Lets somebody else approve in your place for a time; with their own key and rights. */
        post: operations["postDelegations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/delegations/{delegation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a delegation at once, by either of the two. */
        delete: operations["deleteDelegationsByDelegation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Directories that keep people and groups here by SCIM. */
        get: operations["getDirectories"];
        put?: never;
        /** Adds a directory, which then needs a token. */
        post: operations["postDirectories"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directories/{directory}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What groups of a directory may do here. */
        get: operations["getDirectoriesByDirectoryRules"];
        put?: never;
        /** Gives members of a group a role within a label expression, as far as one holds it oneself. */
        post: operations["postDirectoriesByDirectoryRules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directories/{directory}/rules/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a rule away; its members lose what it gave at once. */
        delete: operations["deleteDirectoriesByDirectoryRulesByRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directories/{directory}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a token that opens SCIM for that directory and nothing else; shown once. */
        post: operations["postDirectoriesByDirectoryTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/directories/{directory}/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hands an account of this server over to a directory, under the name it has there. */
        post: operations["postDirectoriesByDirectoryUsers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/elevations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists elevations, newest first: one's own, and those over hosts one may see. */
        get: operations["getElevations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/elevations/{elevation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows one elevation: who asked, why, who decided, and until when it counts. */
        get: operations["getElevationsByElevation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/elevations/{elevation}/certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs one's own SSH key for one host of the change, for minutes. */
        post: operations["postElevationsByElevationCertificate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/elevations/{elevation}/give-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives one's own elevation back, or takes back what one asked for. */
        post: operations["postElevationsByElevationGiveUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/elevations/{elevation}/grant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lends the rights that were asked for; never to oneself. */
        post: operations["postElevationsByElevationGrant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/elevations/{elevation}/refuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says no to somebody who asked for elevation. */
        post: operations["postElevationsByElevationRefuse"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/elevations/{elevation}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes an elevation away at once; anybody who may halt on one of its hosts can. */
        post: operations["postElevationsByElevationRevoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/entrance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the first administrator is still to be made, and how one can sign in.
         * @description Open to everybody: The sign-in page must know whether and how anybody can sign in.
         */
        get: operations["getEntrance"];
        put?: never;
        /**
         * Opens a door that opens once: `setup` makes the first administrator, `setup-link` a link for that, `invitation` lets an invited person in, `recovery` brings back an administrator by two people at the machine.
         * @description Open to everybody: Who comes in here has no account yet; each door needs its own secret.
         */
        post: operations["postEntrance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is to be erased, as one person asked and nobody else has agreed yet; oldest first. */
        get: operations["getErasures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event-sinks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Receivers of events: how far each is, and what the last try met. */
        get: operations["getEventSinks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event-sinks/{sink}/rewind": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends from an entry of the ledger on again. */
        post: operations["postEventSinksBySinkRewind"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event-sinks/{sink}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Records an event and hands it to this receiver at once. */
        post: operations["postEventSinksBySinkTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events as they happen (server-sent events); goes on after `Last-Event-ID`. */
        get: operations["getEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Exceptions for hosts you may see, newest first; `waiting=me` is the approver's inbox. */
        get: operations["getExceptions"];
        put?: never;
        /** Asks for an exception; somebody else has to approve it. */
        post: operations["postExceptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/{exception}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One exception, what is the case now, and what you may do with it. */
        get: operations["getExceptionsByException"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/{exception}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approves what somebody else asked for. */
        post: operations["postExceptionsByExceptionApprove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/{exception}/refuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says no to a request, and why. */
        post: operations["postExceptionsByExceptionRefuse"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/{exception}/renew": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for the same once more; it is approved anew, at most twice. */
        post: operations["postExceptionsByExceptionRenew"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/{exception}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends an exception that is in force, at once. */
        post: operations["postExceptionsByExceptionRevoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/{exception}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The requester takes the request back. */
        post: operations["postExceptionsByExceptionWithdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exceptions/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What an exception would cover, and what may still be asked for. Changes nothing. */
        post: operations["postExceptionsPreview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says why a patch is, or is not, on a host now. */
        get: operations["getExplain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exposure-ages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long exposures last and how fast they are mended, by severity and by a label. */
        get: operations["getExposureAges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exposure-intervals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** From when to when hosts were exposed to a vulnerability, or one host to each. */
        get: operations["getExposureIntervals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feed-bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bodies of what is loaded, as publishers sent them: a tar file that `fettle feed bundle` signs. */
        get: operations["getFeedBundle"];
        put?: never;
        /** Takes a signed bundle of feeds; nothing of it is loaded unless all of it is genuine. */
        post: operations["postFeedBundle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feed-sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists where feeds come from: how each source is, and the kinds that can be added. */
        get: operations["getFeedSources"];
        put?: never;
        /** Adds a source of feeds, switches it on or off, or says where it is. */
        post: operations["postFeedSources"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feed-sources/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows one source of feeds. */
        get: operations["getFeedSourcesBySource"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feed-sources/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks publishers now: the named sources, or all that are asked by timetable. */
        post: operations["postFeedSourcesRefresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feeds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the feeds: what is loaded, how old it is, and what went wrong last. */
        get: operations["getFeeds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feeds/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Loads a feed file, told by its content, or asks the publishers for all feeds now. */
        post: operations["postFeedsLoad"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists findings of hosts and services by vulnerability, source package or host. */
        get: operations["getFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/findings/{vulnerability}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Explains one vulnerability: each package it was compared with, why, and the hosts. */
        get: operations["getFindingsByVulnerability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/findings/{vulnerability}/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Services whose own components have a vulnerability, and who answers for them. */
        get: operations["getFindingsByVulnerabilityServices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/findings/trend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How findings moved: open, known exploited, new and closed, hosts and what is overdue. */
        get: operations["getFindingsTrend"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fix-first": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What clears most risk on the hosts and in the services you may see, best first. */
        get: operations["getFixFirst"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fix-first/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What one update would do: exact versions, hosts that are and are not offered it, restarts. */
        get: operations["getFixFirstPreview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/freezes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Freezes that people set, newest first. */
        get: operations["getFreezes"];
        put?: never;
        /** Sets a freeze. No claim and no permit passes it from the next moment on. */
        post: operations["postFreezes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/freezes/{freeze}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One freeze. */
        get: operations["getFreezesByFreeze"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/freezes/{freeze}/lift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a freeze before its time. */
        post: operations["postFreezesByFreezeLift"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/halts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the halts that reach further than one rollout. */
        get: operations["getHalts"];
        put?: never;
        /** Halts everything, a ring or a service, at once. */
        post: operations["postHalts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/halts/lift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks to lift such a halt; somebody else who may approve has to agree, unless the policy asks for nobody. */
        post: operations["postHaltsLift"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/halts/lift/agreement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lifts such a halt, as another person asked. */
        post: operations["postHaltsLiftAgreement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a check of this deployment must know of server and database. */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/host-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Host keys that an address shows now, to compare with the host's own. Nothing is pinned. */
        post: operations["postHostKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/host-policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The policies of hosts that were published as a chain, and how far each host has come. */
        get: operations["getHostPolicies"];
        put?: never;
        /** Publishes the next policy of hosts, signed by its roots, and has every host told. */
        post: operations["postHostPolicies"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/host-policies/retelling": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has every host told again that is not as far as the newest policy, or refused it. */
        post: operations["postHostPoliciesRetelling"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/host-trust/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public keys of this server that the policies of hosts name. */
        get: operations["getHostTrustKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Hosts by name, each with its four states; counts by state for the filters. */
        get: operations["getHosts"];
        put?: never;
        /** Adds a host. Its host key must be pinned: given, known or confirmed by fingerprint. */
        post: operations["postHosts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One host by id or name, with its four states and what it runs. */
        get: operations["getHostsByHost"];
        put?: never;
        post?: never;
        /** Removes a host from the fleet; its history stays for reports. */
        delete: operations["deleteHostsByHost"];
        options?: never;
        head?: never;
        /** Changes labels (null removes one), mode or way of a host. */
        patch: operations["patchHostsByHost"];
        trace?: never;
    };
    "/api/v1/hosts/{host}/enrolment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tells a piped host whom to believe, and learns the key that signs its results. */
        post: operations["postHostsByHostEnrolment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/enrolment/confirmation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accepts the key of a host with an installed program, after comparing its fingerprint. */
        post: operations["postHostsByHostEnrolmentConfirmation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What one host is vulnerable to, worst first, and what is not known about it. */
        get: operations["getHostsByHostFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/missed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rollouts that went on or ended without this host: since when, why, and what will become of it; the newest first. */
        get: operations["getHostsByHostMissed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/next-window": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When this host can be patched next, and why not now. */
        get: operations["getHostsByHostNextWindow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/offers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a host's own sources offer it; null when that is unknown. */
        get: operations["getHostsByHostOffers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/packages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is installed on a host; null when that is unknown. */
        get: operations["getHostsByHostPackages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/runtime": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What runs on a host by its last inspection: packages in memory, fixes that wait for a restart, open ports, kernel modules. */
        get: operations["getHostsByHostRuntime"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Asks the host program what it is, which policy it has and what it works on. */
        get: operations["getHostsByHostStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to a host, and why nothing did; newest first. */
        get: operations["getHostsByHostTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/trust": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Carries signed revocations and policies to a host, which judges each by itself. */
        post: operations["postHostsByHostTrust"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/ways-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who else may become root on a host, as its own program found and signed it. */
        get: operations["getHostsByHostWaysIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Adds the hosts of a CSV file or Ansible inventory, all or none, or shows what it would add. */
        post: operations["postHostsImport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/itsm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** ITSM systems in which changes are mirrored: how far each is, and what the last try met. */
        get: operations["getItsm"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/itsm/{system}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Says where changes are mirrored from now on, in which fields and states. */
        put: operations["putItsmBySystem"];
        post?: never;
        /** Forgets a system and which records are there; the records stay as they are. */
        delete: operations["deleteItsmBySystem"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/itsm/{system}/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A state that the system reports by itself, signed with its key: it can hold a change, never approve one. */
        post: operations["postItsmBySystemReports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/itsm/{system}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the system something, as the mirror would; nothing but a webhook's test is written. */
        post: operations["postItsmBySystemTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own approver keys, or a user's for those who may read users. */
        get: operations["getKeys"];
        put?: never;
        /** Adds a public key with which one approves: of a file, a security key, or a desk's passkey. */
        post: operations["postKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes an approver key; hosts learn of it with their next policy. */
        delete: operations["deleteKeysByKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/passkey-challenges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a browser asks for to make a passkey of this server; good once, for five minutes. */
        post: operations["postKeysPasskeyChallenges"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Adds a passkey that a page of this server just made; class page, ES256 only. */
        post: operations["postKeysPasskeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/known-issues": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is known and will not be patched, newest first; writers see drafts too. */
        get: operations["getKnownIssues"];
        put?: never;
        /** Writes a known issue as a draft. */
        post: operations["postKnownIssues"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/known-issues/{issue}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One known issue; writers also get every revision. */
        get: operations["getKnownIssuesByIssue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Writes a new revision; readers keep the published one until this one is published. */
        patch: operations["patchKnownIssuesByIssue"];
        trace?: never;
    };
    "/api/v1/known-issues/{issue}/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the newest revision to its audience. */
        post: operations["postKnownIssuesByIssuePublish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/known-issues/{issue}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes it away from readers; its revisions are kept. */
        post: operations["postKnownIssuesByIssueWithdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/known-issues/feed.atom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Published known issues as an Atom feed (RFC 4287), for readers and status pages. */
        get: operations["getKnownIssuesFeedAtom"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Hints about what changed (server-sent events); goes on after `Last-Event-ID`. The topic `all` means that hints were missed. */
        get: operations["getLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends this session, or revokes the token that this request carries. `there` is where the browser goes on to, so that the provider ends its session too (OpenID Connect RP-Initiated Logout 1.0). */
        post: operations["postLogout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in, and what they may do where. */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins one-time codes: the secret for an app, shown once. */
        post: operations["postMeCodes"];
        /** Removes one's own one-time codes and the recovery codes. */
        delete: operations["deleteMeCodes"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/codes/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Types a first code back, from when on codes count; gives the recovery codes, once. */
        post: operations["postMeCodesConfirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/codes/recovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes new recovery codes in place of the old ones. */
        post: operations["postMeCodesRecovery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/factors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own passkeys, and whether one has one-time codes. */
        get: operations["getMeFactors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Adds the passkey that the browser made. */
        post: operations["postMePasskeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys/{passkey}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes one of one's own passkeys; it signs nobody in any more. */
        delete: operations["deleteMePasskeysByPasskey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a browser needs to make a passkey; counts for five minutes, once. */
        post: operations["postMePasskeysOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Sets one's own password and ends all sessions. */
        put: operations["putMePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Proves anew who is signed in: what matters needs a proof of the last ten minutes. */
        post: operations["postMeProof"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/proof/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a browser needs to prove it with a passkey; counts for five minutes, once. */
        post: operations["postMeProofOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins to link one's account to a provider, so that it signs one in from then on. */
        post: operations["postMeProviders"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/recovery-share": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes one's own recovery code, shown once; one of before counts no more. */
        post: operations["postMeRecoveryShare"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metric-sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists where gates ask for measurements. */
        get: operations["getMetricSources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metric-sources/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Says where measurements of this name are asked for: a Prometheus, and how to believe it. */
        put: operations["putMetricSourcesBySource"];
        post?: never;
        /** Forgets a source; gates that name it have no data from then on. */
        delete: operations["deleteMetricSourcesBySource"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metric-sources/{source}/query": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a source now, as a gate would: to try a query before a policy has it. */
        post: operations["postMetricSourcesBySourceQuery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the fleet stands: one sentence, what to do next, and what it rests on. */
        get: operations["getOverview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview/past": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the fleet stood at the end of a past day, in one sentence, as known then. */
        get: operations["getOverviewPast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/package-sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the sources that hosts take packages from, and what was decided about each. */
        get: operations["getPackageSources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/package-sources/assessment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Decides about a source: trusted, or blocked, so that its hosts take part in no plan. */
        put: operations["putPackageSourcesAssessment"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/package-sources/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Verifies a source now by its pinned keys: its signature, its date, and what came before. */
        post: operations["postPackageSourcesCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/package-sources/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Pins the keys of a source: the server verifies it by exactly these from then on. */
        put: operations["putPackageSourcesKey"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Cases, newest first, or the open ones in the order in which they come. */
        get: operations["getPatches"];
        put?: never;
        /** Opens the case for the newest offered update of a source package, or finds the open one. */
        post: operations["postPatches"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches/{patch}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One case with its timeline: the newest events, oldest first, and where it goes on. */
        get: operations["getPatchesByPatch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches/{patch}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Closes the case after the observation. */
        post: operations["postPatchesByPatchClose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches/{patch}/drop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Drops the case: nothing will be done, and why. */
        post: operations["postPatchesByPatchDrop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches/{patch}/edit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Writes why, what is affected and how risky it is, while the case is in triage. */
        post: operations["postPatchesByPatchEdit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches/{patch}/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The hosts that have the case's package now, those older than its target first. */
        get: operations["getPatchesByPatchHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches/{patch}/pace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What each day of waiting exposes, beside what the change may break. */
        get: operations["getPatchesByPatchPace"];
        put?: never;
        /** Records the decision between going now and waiting, with its reasons and both sides. */
        post: operations["postPatchesByPatchPace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patches/{patch}/reopen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reopens a dropped case. */
        post: operations["postPatchesByPatchReopen"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Handles to show in place of subject ids. */
        get: operations["getPeople"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Plans, newest first, optionally of one patch. */
        get: operations["getPlans"];
        put?: never;
        /** Plans a patch: asks package managers, decides waves and bodies, checks and stores. */
        post: operations["postPlans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One plan: the exact statement, waves, bodies, and what the planner found. */
        get: operations["getPlansByPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/acknowledgements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answers for a party that the rollback procedures were read: operations needs rollout.operate, security change.approve, each over every host; application an owner of a touched service. */
        post: operations["postPlansByPlanAcknowledgements"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/diff/{other}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the other plan does differently: hosts, versions, waves, order. */
        get: operations["getPlansByPlanDiffByOther"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/excluded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Hosts that the plan leaves out, each with its reason. */
        get: operations["getPlansByPlanExcluded"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When each wave would start and end if the plan began now, from how long jobs took here, and which hosts would miss the case's deadline. */
        get: operations["getPlansByPlanForecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/forecast/kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long a host of each kind in the plan takes, from recorded durations: how many were measured, and what is assumed. The fifty kinds with most hosts. */
        get: operations["getPlansByPlanForecastKinds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The plan's hosts in the order in which they start. */
        get: operations["getPlansByPlanHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/impact": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a plan touches: packages that depend on what is changed, processes that have it in memory, services with their teams, major versions, edited files; and what is not known. */
        get: operations["getPlansByPlanImpact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/leaves": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The leaf documents in index order, for tools that recompute what is signed. */
        get: operations["getPlansByPlanLeaves"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rings policy that the plan was made with, its exact bytes. */
        get: operations["getPlansByPlanPolicy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/procedures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rollback procedures of a plan, who must acknowledge them, and who has. */
        get: operations["getPlansByPlanProcedures"];
        put?: never;
        /** Attaches rollback procedures in place of those attached before. */
        post: operations["postPlansByPlanProcedures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/simulations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Carries the plan out in trial, once for each seed, by the engine's own rules and against virtual hosts: how many are harmed before it stops, how long it takes, who is late. Nothing is written and no host is asked. */
        post: operations["postPlansByPlanSimulations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The statement's exact bytes: what is signed. */
        get: operations["getPlansByPlanStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The policy files in force and those that plans used: digest, since when, exact text. */
        get: operations["getPolicy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/policy/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Puts a policy text in force for everybody, with the reason why. */
        post: operations["postPolicyApply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/policy/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Checks a policy text and shows what it would decide otherwise for recorded cases. */
        post: operations["postPolicyPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/procedures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rollback procedures by name, each with its newest version. */
        get: operations["getProcedures"];
        put?: never;
        /** Puts a rollback procedure, or a new version of one; the same text again is no new one. */
        post: operations["postProcedures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/procedures/{procedure}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One rollback procedure: its exact text, the newest unless a version is given. */
        get: operations["getProceduresByProcedure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/providers/{provider}/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).
         * @description Open to everybody: a provider has no account here; its token is signed by its own keys
         */
        post: operations["postProvidersByProviderLogout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recovery-holders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who, two together, can bring back an administrator on the server's machine. */
        get: operations["getRecoveryHolders"];
        put?: never;
        /** Appoints somebody who may help to bring back an administrator. */
        post: operations["postRecoveryHolders"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/recovery-holders/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Dismisses somebody; their code counts no more. */
        delete: operations["deleteRecoveryHoldersByUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/release-trains": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Release trains: when each leaves next, which open cases ride it, and what moved a date. */
        get: operations["getReleaseTrains"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether an older database was put back, what is held for it, and who has signed. */
        get: operations["getRestore"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/restore/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Goes on under the signatures of two people; rollouts stay halted. */
        post: operations["postRestoreFinish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/restore/left": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events after the copy that were not done again by themselves, for people to look at. */
        get: operations["getRestoreLeft"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/restore/signatures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hands in one approver's signature over that text. */
        post: operations["postRestoreSignatures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/restore/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The text that two approvers sign, so that the log goes on; written anew after a day. */
        post: operations["postRestoreStatement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/revocation-draft": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an approver or a root signs to revoke a change's plan, or a root a person's key. */
        get: operations["getRevocationDraft"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/revocations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was revoked, newest first, with how many hosts have heard of it. */
        get: operations["getRevocations"];
        put?: never;
        /** Revokes a plan (an approver or a root signs) or a key (a root signs): ends it here and tells hosts. */
        post: operations["postRevocations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/revocations/{revocation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One revocation: which hosts took it, which refused it and why, and which wait. */
        get: operations["getRevocationsByRevocation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/revocations/{revocation}/retelling": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tells all hosts of yours again that have not taken it, those that refused it too. */
        post: operations["postRevocationsByRevocationRetelling"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The roles: what each may do, in words. */
        get: operations["getRoles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists rollouts, newest first. */
        get: operations["getRollouts"];
        put?: never;
        /** Starts carrying out an approved change. */
        post: operations["postRollouts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a rollout in one picture: waves, gates with their evidence, budgets, holds. */
        get: operations["getRolloutsByRollout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/catch-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Plans for the hosts that were off or out of reach until their time in the rollout was over. */
        post: operations["postRolloutsByRolloutCatchUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/cells": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the hosts of each wave stand, in the order of the plan, without their names: neighbours that stand alike are told together. `targets` with `wave` and `skip` names one of them. */
        get: operations["getRolloutsByRolloutCells"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/halt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Halts a rollout at once: nothing starts any more, and who may still start is said. */
        post: operations["postRolloutsByRolloutHalt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/lost": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Declares a host's word missing for good; takes effect with the second person. */
        post: operations["postRolloutsByRolloutLost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/offline-bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A host's job as a file that its root runs by hand, `fettle-host local FILE`, where the host's own policy says permit offline. */
        post: operations["postRolloutsByRolloutOfflineBundle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks to go on; somebody else who may approve has to agree, unless the policy asks for nobody. */
        post: operations["postRolloutsByRolloutResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/resume/agreement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Goes on, as another person asked; acknowledges the failures seen so far and no later ones. */
        post: operations["postRolloutsByRolloutResumeAgreement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives failed hosts a new attempt, within what the approved plan allows. */
        post: operations["postRolloutsByRolloutRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/revert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes back a host, a wave, or everything, within the time that the plan allows. */
        post: operations["postRolloutsByRolloutRevert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Leaves out a host that has not begun. */
        post: operations["postRolloutsByRolloutSkip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a rollout for good; hosts at work finish by themselves. */
        post: operations["postRolloutsByRolloutStop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the hosts of a rollout, each with where it stands and why. */
        get: operations["getRolloutsByRolloutTargets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/readings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what was measured for a gate, newest first, with the evidence and its digest. */
        get: operations["getRolloutsByRolloutWavesByWaveGatesByGateReadings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/word": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Accepts or refuses a gate, with a reason: signs it off, or judges an unclear one. */
        post: operations["postRolloutsByRolloutWavesByWaveGatesByGateWord"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rollouts/{rollout}/waves/{wave}/opening": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an approver signs to let a wave open, with where the waves before stand. */
        get: operations["getRolloutsByRolloutWavesByWaveOpening"];
        put?: never;
        /** An approver's own signature that the wave may open; never the requester's. */
        post: operations["postRolloutsByRolloutWavesByWaveOpening"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Your own scans of the last day, newest first, so that one left alone is found again. */
        get: operations["getScans"];
        put?: never;
        /** Inspects hosts in the background: some by name, those of a selector, or all. */
        post: operations["postScans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a scan is. */
        get: operations["getScansByScan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scans/{scan}/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each host of a scan. */
        get: operations["getScansByScanHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Finds hosts, cases, changes, vulnerabilities, rollouts and plans by name or number. */
        get: operations["getSearch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Services with what is wrong in them and on their hosts, by name or worst first. */
        get: operations["getServices"];
        put?: never;
        /** Adds a service: who answers for it, and which hosts run it. */
        post: operations["postServices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One service by id or name: artifacts, hosts, who needs it and what is not known. */
        get: operations["getServicesByService"];
        put?: never;
        post?: never;
        /** Removes a service; its history stays for reports. */
        delete: operations["deleteServicesByService"];
        options?: never;
        head?: never;
        /** Changes what is said of a service; lists replace the ones before. */
        patch: operations["patchServicesByService"];
        trace?: never;
    };
    "/api/v1/services/{service}/components": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything that is in the artifacts of a service, as the documents named it. */
        get: operations["getServicesByServiceComponents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}/deadlines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** By when each finding in a service has to be mended, why, and what excepts it. */
        get: operations["getServicesByServiceDeadlines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What came into an artifact, went and changed between two moments, with findings. */
        get: operations["getServicesByServiceDiff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What mends the components of a service, worst first, and how each got in. */
        get: operations["getServicesByServiceFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}/gate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether what is deployed, or one artifact of it, passes the rules of a pipeline. */
        get: operations["getServicesByServiceGate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was deployed of a service and when, newest first. */
        get: operations["getServicesByServiceHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}/host-findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What mends the packages of the hosts that run a service, worst first. */
        get: operations["getServicesByServiceHostFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{service}/sbom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Says what is in an artifact of a service: a bill of materials or lock file, told by content. */
        put: operations["putServicesByServiceSbom"];
        post?: never;
        /** Says that an artifact is deployed no more; its history stays. */
        delete: operations["deleteServicesByServiceSbom"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is signed in with a browser; a user's for those who may read users. */
        get: operations["getSessions"];
        put?: never;
        /**
         * Signs in: by `password` (and code), by `passkey` after `passkey-options`, or by `provider-answer` after `provider`; `provider-signed-out` ends a sign-out that went through a provider. A session's secret is in the cookie only; `as: token` gives a token for the command line instead.
         * @description Open to everybody: This is how one signs in.
         */
        post: operations["postSessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends one sign-in at once; a user's for those who manage users. */
        delete: operations["deleteSessionsBySession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/end-others": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends every sign-in but the one that asks. */
        post: operations["postSessionsEndOthers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ssh-authority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the keys that sign SSH certificates, and the lines by which a host trusts them. */
        get: operations["getSshAuthority"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ssh-authority/{act}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Puts another authority in the place of the one that signs, in three steps. */
        post: operations["postSshAuthorityByAct"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/support": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What hosts run and how long it is supported: what ended first, with owners and strategy. */
        get: operations["getSupport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/support/{product}/{cycle}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One release: who runs it, how long it is supported, what was decided and by whom. */
        get: operations["getSupportByProductByCycle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/support/{product}/{cycle}/strategy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Decides what becomes of a release: migrate, isolate, extend or accept; by whom, by when. */
        put: operations["putSupportByProductByCycleStrategy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own tokens, or a user's for those who may read users. */
        get: operations["getTokens"];
        put?: never;
        /** Makes a token for oneself, or for a service; shown once. */
        post: operations["postTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a token and every token made with it. */
        delete: operations["deleteTokensByToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triage-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Triage sessions, newest first. */
        get: operations["getTriageSessions"];
        put?: never;
        /** Starts a triage session over the updates that clear most risk, as they are now. */
        post: operations["postTriageSessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triage-sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One session: its frozen list, who voted what, what came of it, and the minutes. */
        get: operations["getTriageSessionsBySession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triage-sessions/{session}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Closes a session and signs its minutes off; nothing in it changes afterwards. */
        post: operations["postTriageSessionsBySessionClose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triage-sessions/{session}/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes part in a session, for on-call, QA, support or others. */
        post: operations["postTriageSessionsBySessionJoin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triage-sessions/{session}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Adds what somebody said to the minutes. */
        post: operations["postTriageSessionsBySessionNotes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triage-sessions/{session}/outcomes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Does what the votes on an item allow: a case, a deferral, a known issue, or nothing. */
        post: operations["postTriageSessionsBySessionOutcomes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/triage-sessions/{session}/votes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Votes on one item: whether it is necessary, and on which hosts. */
        post: operations["postTriageSessionsBySessionVotes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People and services, by handle. */
        get: operations["getUsers"];
        put?: never;
        /** Adds a person, who is then invited, or a service. */
        post: operations["postUsers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One person or service, by id or handle. */
        get: operations["getUsersByUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Renames, disables or enables a user. Disabling works at once. */
        patch: operations["patchUsersByUser"];
        trace?: never;
    };
    "/api/v1/users/{user}/erasure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks to erase what is held on a person; another who does the same erases it for good. */
        post: operations["postUsersByUserErasure"];
        /** Takes back that a person is to be erased, before another person agrees. */
        delete: operations["deleteUsersByUserErasure"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Grants a role over a label expression; empty means everywhere. */
        post: operations["postUsersByUserGrants"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/grants/{grant}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a grant away; it stops working with the next request. */
        delete: operations["deleteUsersByUserGrantsByGrant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a one-time secret with which the person signs in first; 15 minutes. */
        post: operations["postUsersByUserInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/providers/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a person's link to a provider away, as it is another's or a directory made them anew; sessions by it end. */
        delete: operations["deleteUsersByUserProvidersByProvider"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/records": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All that is held on a person, for an access request; that it was asked for is an event. */
        get: operations["getUsersByUserRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vex": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists VEX documents, the newest first, with how many of their statements fit a finding. */
        get: operations["getVex"];
        put?: never;
        /** Loads a VEX document. Only a verified author, or who answers for it, sets findings aside. */
        post: operations["postVex"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vex-publishers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the publishers whose signature under a VEX document counts. */
        get: operations["getVexPublishers"];
        put?: never;
        /** Registers a publisher's key and the authors it speaks for. */
        post: operations["postVexPublishers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vex-publishers/{publisher}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes a publisher's key away; what it signed before stays. */
        delete: operations["deleteVexPublishersByPublisher"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vex/{vex}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows one VEX document with its statements; those that fit nothing say why. */
        get: operations["getVexByVex"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vex/{vex}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answers by name for a document that nobody verified, so that it sets findings aside. */
        post: operations["postVexByVexAnswer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vex/{vex}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a VEX document: what it set aside counts again. Nothing is deleted. */
        post: operations["postVexByVexRemove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vulnerabilities/{vulnerability}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything known about one vulnerability, of every source, and what decided. */
        get: operations["getVulnerabilitiesByVulnerability"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/waves": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Waves of plans that are asked for, approved or carried out, whose approved time meets a span; the first 500 by when they may begin. */
        get: operations["getWaves"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ways-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Second ways into the hosts that Fettle may change, by kind, with some hosts named. */
        get: operations["getWaysIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witness-quorum": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Sets how many witnesses must have signed a head before what it covers starts work, for all or for a ring. */
        put: operations["putWitnessQuorum"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witnesses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who signs the heads of the log beside the server, and how far each has come. */
        get: operations["getWitnesses"];
        put?: never;
        /** Has a host of the fleet, or a witness on another machine, sign the heads of the log. */
        post: operations["postWitnesses"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witnesses/{witness}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Asks a witness no more; what it signed counts no more for work that starts. */
        delete: operations["deleteWitnessesByWitness"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witnesses/{witness}/operator": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Says whose hands a witness is in; all that one operator has count once for a ring. */
        put: operations["putWitnessesByWitnessOperator"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/words": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How states, kinds and classes are named and marked wherever people see them. */
        get: operations["getWords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether this server works, reaches its database and has room on its disk.
         * @description Open to everybody: Load balancers and service managers ask without an account.
         */
        get: operations["getHealthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/Groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Groups of this directory, by filter and page. */
        get: operations["getScimV2Groups"];
        put?: never;
        /** Makes a group of this directory; it gives nothing until a rule here says so. */
        post: operations["postScimV2Groups"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/Groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One group of this directory. */
        get: operations["getScimV2GroupsById"];
        /** Replaces a group and its members. */
        put: operations["putScimV2GroupsById"];
        post?: never;
        /** Removes a group; its members lose what it gave. */
        delete: operations["deleteScimV2GroupsById"];
        options?: never;
        head?: never;
        /** Changes a group or its members; rights follow at once. */
        patch: operations["patchScimV2GroupsById"];
        trace?: never;
    };
    "/scim/v2/ResourceTypes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** SCIM discovery: ResourceTypes. */
        get: operations["getScimV2ResourceTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/ResourceTypes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** SCIM discovery: one of ResourceTypes. */
        get: operations["getScimV2ResourceTypesById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/Schemas": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** SCIM discovery: Schemas. */
        get: operations["getScimV2Schemas"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/Schemas/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** SCIM discovery: one of Schemas. */
        get: operations["getScimV2SchemasById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/ServiceProviderConfig": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this server's SCIM can do. */
        get: operations["getScimV2ServiceProviderConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/Users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People of this directory, by filter and page. */
        get: operations["getScimV2Users"];
        put?: never;
        /** Makes an account for a person of this directory. */
        post: operations["postScimV2Users"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scim/v2/Users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One person of this directory. */
        get: operations["getScimV2UsersById"];
        /** Replaces what the directory says of a person. */
        put: operations["putScimV2UsersById"];
        post?: never;
        /** Takes a person away: disabled, and no more of this directory. */
        delete: operations["deleteScimV2UsersById"];
        options?: never;
        head?: never;
        /** Changes parts of what the directory says of a person; inactive works at once. */
        patch: operations["patchScimV2UsersById"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Action: {
            allowed: boolean;
            label: string;
            reason: string | null;
            verb: string;
        };
        Agent: {
            actions: {
                allowed: boolean;
                reason: string | null;
                verb: string;
            }[];
            certificateUntil: string;
            concerns: {
                /** @enum {string} */
                kind: "quarantined" | "certificate-over" | "silent" | "away" | "certificate-ending" | "other-program";
                says: string;
                wayOut: string;
            }[];
            host: string;
            labels: {
                [key: string]: string;
            };
            name: string;
            nextAt: string | null;
            polledAt: string | null;
            polls: number;
            program: {
                digest: string;
                version: string | null;
            } | null;
            proposed: "bury" | null;
            protocolId: string;
            reason: string | null;
            since: string;
            /** @enum {string} */
            state: "live" | "quarantined" | "buried" | "away";
        };
        AgeSums: {
            count: number;
            meanDays: number | null;
            medianDays: number | null;
            /** @description nine of ten are not longer */
            p90Days: number | null;
        };
        ApproverKey: {
            /** Format: date-time */
            addedAt: string;
            base64: string;
            /** @enum {string} */
            class: "ssh" | "sk" | "desk" | "page";
            credential: string | null;
            fingerprint: string;
            id: string;
            removedAt: string | null;
            site: string | null;
            subject: string;
            title: string;
            type: string;
        };
        Artifact: {
            artifact: string;
            componentCount: number;
            /** @description SHA-256 of the document as it was handed in */
            document: string;
            documentName: string;
            environment: string;
            /** @description files and data, which have no advisories */
            fileCount: number;
            /** @description what the document was recognised as */
            form: string;
            /** @description digest of what was read */
            sbom: string;
            /** Format: date-time */
            since: string;
            /** @description what it is of, by its own word */
            subject: string;
            /** @description entries that cannot be judged */
            unknownCount: number;
            until: string | null;
            version: string;
        };
        CalendarEntry: {
            closes: boolean;
            hosts: string;
            /** @enum {string} */
            kind: "window" | "blackout" | "freeze" | "peak" | "release" | "cab";
            label: string;
            name: string;
            origin: string;
            passesEmergency: boolean;
            reason: string | null;
            tone: string;
        };
        CalendarFeed: {
            hosts: string;
            id: string;
            /** Format: date-time */
            madeAt: string;
            name: string;
        };
        CalendarTime: {
            entry: components["schemas"]["CalendarEntry"];
            /** Format: date-time */
            from: string;
            local: string;
            /** Format: date-time */
            to: string;
            told: string[];
            zone: string;
            zones: string[];
        };
        CandidateDate: {
            assumed: string[];
            at: string | null;
            /** Format: date-time */
            clockStartedAt: string;
            /** @enum {string} */
            exposure: "exposed" | "internal" | "unknown";
            inputs: {
                isAssumed: boolean;
                name: string;
                text: string;
            }[];
            isStartAssumed: boolean;
            needsForensicTriage: boolean;
            note: string | null;
            pause: {
                /** @enum {string} */
                mode: "resume" | "restart";
                pausedSeconds: number;
                since: string | null;
                wouldBe: string | null;
            } | null;
            period: string;
            preset: string;
            presetTitle: string;
            rule: string;
            sentence: string;
            /** @enum {string} */
            startedBy: "release" | "detection" | "listing";
            version: string;
            vulnerability: string | null;
        };
        CaseForecast: {
            /** Format: date-time */
            at: string;
            deadline: string | null;
            excepted: components["schemas"]["Excepted"] | null;
            groups: {
                hosts: number;
                href: string | null;
                label: string;
                names: string[];
                sentence: string;
                /** @enum {string} */
                tone: "good" | "attention" | "bad" | "unknown" | "running" | "waiting";
                /** @enum {string} */
                verdict: "missed" | "will-miss" | "may-miss" | "unknown" | "in-time";
            }[];
            hostsBehind: number;
            href: string;
            label: string;
            ref: string;
            sentence: string;
            state: string;
            title: string;
            /** @enum {string} */
            tone: "good" | "attention" | "bad" | "unknown" | "running" | "waiting";
            /** @enum {string} */
            verdict: "missed" | "will-miss" | "may-miss" | "unknown" | "in-time";
        };
        ChangeControl: {
            afterwards: {
                closure: ("successful" | "successful-with-issues" | "backed-out" | "failed" | "cancelled") | null;
                duties: {
                    doneAt: string | null;
                    doneBy: string | null;
                    /** Format: date-time */
                    dueAt: string;
                    isOverdue: boolean;
                    /** @enum {string} */
                    kind: "retrospective" | "review";
                    /** Format: date-time */
                    openedAt: string;
                    outcome: string | null;
                }[];
                review: {
                    actions: {
                        /** Format: date */
                        due: string;
                        owner: string;
                        what: string;
                    }[];
                    /** Format: date-time */
                    at: string;
                    by: string;
                    cause: string;
                    isGoalMet: boolean;
                } | null;
            };
            board: {
                decision: {
                    /** Format: date-time */
                    at: string;
                    because: string;
                    by: string;
                    isVeto: boolean;
                    /** @enum {string} */
                    outcome: "approved" | "rejected";
                    reason: string;
                } | null;
                isAsked: boolean;
                members: string[];
                tally: {
                    abstain: number;
                    approve: number;
                    because: string;
                    outcome: ("approved" | "rejected") | null;
                    quorum: number;
                    reject: number;
                } | null;
                votes: {
                    /** Format: date-time */
                    at: string;
                    /** @enum {string} */
                    choice: "approve" | "reject" | "abstain";
                    member: string;
                    reason: string;
                }[];
            };
            demands: {
                label: string;
                least: number;
                members: string[];
                text: string;
            }[];
            heldUpBy: string[];
            /** @enum {string} */
            level: "low" | "medium" | "high";
            ownership: {
                approves: string[];
                decides: string[];
                escalated: {
                    /** Format: date-time */
                    at: string;
                    to: string[];
                }[];
                executes: string[];
                next: {
                    /** Format: date-time */
                    at: string;
                    to: string[];
                } | null;
                rule: string;
                told: string[];
            } | null;
            parts: {
                because: string;
                points: number;
                /** @enum {string} */
                what: "criticality" | "exposure" | "reboot" | "reversibility" | "hosts" | "past";
            }[];
            points: number | null;
            policy: {
                digest: string;
                file: string;
            } | null;
            raised: {
                /** Format: date-time */
                at: string;
                by: string;
                reason: string;
                /** @enum {string} */
                to: "low" | "medium" | "high";
            } | null;
            signOffs: {
                before: number;
                given: {
                    /** Format: date-time */
                    at: string;
                    by: string;
                    words: string;
                } | null;
                members: string[];
                of: string;
                /** @enum {string} */
                role: "qa" | "team" | "application";
                text: string;
            }[];
            template: {
                digest: string;
                name: string;
            } | null;
            waived: string[];
        };
        ChangeTemplate: {
            actions: components["schemas"]["Action"][];
            approvedBy: string[];
            digest: string;
            ended: number;
            /** Format: date-time */
            expiresAt: string;
            failed: number;
            name: string;
            problem: string | null;
            proposedBy: string;
            text: string;
        };
        Deadline: {
            assumed: string[];
            at: string | null;
            candidates: components["schemas"]["CandidateDate"][];
            /** Format: date-time */
            clockStartedAt: string;
            /** @enum {string} */
            exposure: "exposed" | "internal" | "unknown";
            inputs: {
                isAssumed: boolean;
                name: string;
                text: string;
            }[];
            isStartAssumed: boolean;
            needsForensicTriage: boolean;
            note: string | null;
            pause: {
                /** @enum {string} */
                mode: "resume" | "restart";
                pausedSeconds: number;
                since: string | null;
                wouldBe: string | null;
            } | null;
            period: string;
            policy: {
                file: string;
                version: string;
            } | null;
            preset: string;
            presetTitle: string;
            rule: string;
            sentence: string;
            /** @enum {string} */
            startedBy: "release" | "detection" | "listing";
            version: string;
            vulnerability: string | null;
        };
        Debt: {
            /** Format: date-time */
            asOf: string;
            by: string;
            contributors: {
                clears: string;
                ecosystem: string;
                hosts: number;
                href: string;
                points: number;
                services: string[];
                source: string;
                split: {
                    deferred: number;
                    excepted: number;
                    overdue: number;
                };
                vulnerabilities: string[];
            }[];
            curve: components["schemas"]["DebtDay"][];
            groups: {
                change: number;
                curve: (number | null)[];
                label: string;
                name: string | null;
                points: number;
                split: {
                    deferred: number;
                    excepted: number;
                    overdue: number;
                };
            }[];
            kinds: {
                label: string;
                /** @enum {string} */
                name: "overdue" | "deferred" | "excepted";
                tone: string;
            }[];
            labels: string[];
            policy: {
                file: string;
                version: string;
            };
            sentence: string;
            standing: {
                findings: number;
                label: string;
                name: string;
                /** @enum {string} */
                tone: "good" | "attention" | "bad" | "unknown" | "running" | "waiting";
            }[];
            unknownHosts: number;
        };
        DebtDay: {
            cumulative: number | null;
            day: string;
            points: number | null;
            split: {
                deferred: number;
                excepted: number;
                overdue: number;
            } | null;
        };
        Deferral: {
            actions: components["schemas"]["Action"][];
            closedReason: string | null;
            cost: components["schemas"]["DeferralCost"];
            ecosystem: string;
            id: string;
            label: string;
            /** Format: date-time */
            movedAt: string;
            owner: string;
            patch: string | null;
            reason: string;
            /** @enum {string} */
            reasonClass: "compliance-hold" | "pending-audit" | "test-backlog" | "change-freeze" | "other";
            reasonLabel: string;
            ref: string;
            source: string;
            /** Format: date-time */
            startedAt: string;
            startedBy: string;
            /** @enum {string} */
            state: "active" | "ended" | "cancelled";
            /** Format: date-time */
            until: string;
            vulnerabilities: string[];
        };
        DeferralCost: {
            days: number;
            daysOverdue: number;
            deadline: string | null;
            exposedHosts: number;
            findingDays: number;
            hosts: number;
            knownExploited: string[];
            points: number;
            pointsPerDay: number;
            policy: string;
            sentences: string[];
        };
        Delegation: {
            /** Format: date-time */
            endsAt: string;
            from: string;
            id: string;
            reason: string;
            /** Format: date-time */
            startsAt: string;
            to: string;
        };
        Directory: {
            disabledAt: string | null;
            /** @description when its last live token ends; null: it has none */
            endsAt: string | null;
            groups: number;
            handle: string;
            id: string;
            /** Format: date-time */
            madeAt: string;
            title: string;
            usedAt: string | null;
            users: number;
        };
        Event: {
            actor: string;
            approved: string | null;
            /** Format: date-time */
            at: string;
            change: string | null;
            circumstances: {
                [key: string]: unknown;
            };
            facts: {
                [key: string]: unknown;
            };
            id: string;
            index: number | null;
            object: string;
            patch: string | null;
            plan: string | null;
            sentence: string;
            type: string;
        };
        EventSink: {
            actions: components["schemas"]["Action"][];
            address: string;
            /** @description entries of the ledger that are not looked at yet */
            behind: number;
            /** @description patterns; the last that fits an event decides */
            events: string[];
            /** @enum {string} */
            kind: "syslog" | "otlp" | "webhook";
            name: string;
            /** @description index of the ledger's entry that is looked at next */
            next: number;
            problem: string | null;
            problemSince: string | null;
            /** @description events that the receiver will never take */
            refused: number;
            sent: number;
            sentAt: string | null;
        };
        Excepted: {
            by: {
                approvedBy: string | null;
                href: string;
                owner: string;
                ref: string;
                /** Format: date-time */
                until: string;
            }[];
            effective: string | null;
            isExcepted: boolean;
            sentence: string;
        };
        Exception: {
            approvedAt: string | null;
            approver: string | null;
            closedReason: string | null;
            control: string;
            controlLabel: string | null;
            evidence: string;
            hostCount: number;
            hosts: {
                id: string;
                name: string;
            }[];
            href: string;
            id: string;
            label: string;
            /** Format: date-time */
            movedAt: string;
            owner: string;
            package: {
                ecosystem: string;
                source: string;
            } | null;
            patch: string | null;
            reason: string;
            /** @enum {string} */
            reasonClass: "conflict" | "legacy" | "vendor-prohibition" | "no-fix" | "other";
            ref: string;
            renewal: number;
            renews: string | null;
            /** Format: date-time */
            requestedAt: string;
            requester: string;
            selector: string | null;
            services: {
                id: string;
                name: string;
            }[];
            /** @enum {string} */
            state: "requested" | "approved" | "expired" | "revoked" | "ended" | "refused" | "withdrawn";
            title: string;
            /** Format: date-time */
            until: string;
            vulnerabilities: string[];
        };
        ExposureAges: {
            /** @description ended without a change of the host */
            endedOtherwise: number;
            /** @description ended within the days because the host was changed */
            mended: components["schemas"]["AgeSums"];
            /** @description those that last, by their age now */
            open: components["schemas"]["AgeSums"];
        };
        FeedSource: {
            actions: components["schemas"]["Action"][];
            age: string | null;
            alarm: {
                since: string | null;
                todo: string;
                what: string;
            } | null;
            /** @description whose certificates its own addresses are believed by, beside the system's */
            authorities: {
                /** @description RFC 3339 in UTC */
                endsAt: string;
                fingerprint: string;
                name: string;
            }[];
            checkEvery: string;
            /** @enum {string} */
            choice: "on" | "off" | "automatic";
            entryCount: number;
            feeds: string[];
            hasOwnUrls: boolean;
            kind: string;
            /** @description the state, for people */
            label: string;
            /** @description when it was last known to be current */
            lastGoodAt: string | null;
            licence: string;
            /** @description older than this it is not relied on */
            limit: string;
            /** @description what no other current feed covers, of a source that something is wrong with */
            lost: {
                from: string | null;
                hostCount: number;
                /** @description false: from that moment on, if nothing is mended */
                isLost: boolean;
                releases: {
                    ecosystem: string;
                    hostCount: number;
                }[];
                sentence: string;
            } | null;
            /** @description kev, osv:npm, updateinfo:9/AppStream */
            name: string;
            nextCheckAt: string | null;
            parameter: string;
            /** @description name of the file below the server's secrets */
            secretFile: string | null;
            /** @enum {string} */
            state: "good" | "late" | "failing" | "never-loaded" | "off";
            title: string;
            /** @enum {string} */
            tone: "good" | "attention" | "bad" | "unknown" | "running" | "waiting";
            /** @description in the order they are tried */
            urls: string[];
            /** @description why it is asked, or not */
            why: string;
        };
        Filter: {
            author: string;
            /** @description it comes after what nothing speaks against */
            isLowered: boolean;
            /** @description false: the finding is shown and counted */
            isSetAside: boolean;
            justification: string;
            /** @enum {string} */
            kind: "vex" | "not-running" | "not-loaded" | "module-disabled" | "port-unreachable";
            /** @description the kind in words */
            label: string;
            says: string;
            since: string;
            /** @description the document (V-3), or what was observed */
            source: string;
            /** @description why it sets the finding aside, or why not */
            trust: string;
            until: string | null;
        };
        FindingDay: {
            /** @description vulnerabilities that were there the day before */
            closed: number | null;
            /** Format: date */
            day: string;
            /** @description of these, known to be exploited */
            exploited: number | null;
            /** @description hosts that had one known to be exploited */
            exploitedHosts: number | null;
            /** @description vulnerabilities on some host; null where that day is not known */
            findings: number | null;
            /** @description hosts that had one */
            hosts: number | null;
            /** @description hosts whose packages were known */
            knownHosts: number | null;
            /** @description vulnerabilities that were not there the day before */
            opened: number | null;
            /** @description findings on hosts past their date, by the dates of now */
            overdue: number | null;
            /** @description source packages that have one */
            sources: number | null;
        };
        FixFirstItem: {
            actions: components["schemas"]["Action"][];
            because: string;
            case: {
                deadline: string | null;
                excepted: components["schemas"]["Excepted"] | null;
                href: string;
                ref: string;
                state: string;
                /** @enum {string} */
                urgency: "critical" | "high" | "medium" | "low";
            } | null;
            clearedSoFar: number;
            clears: number;
            ecosystem: string;
            epssMax: number | null;
            exposedHosts: number;
            findingsCleared: number;
            hosts: number;
            knownExploited: string[];
            label: string;
            lowered: string[];
            place: number | null;
            /** @enum {string} */
            remedy: "update-offered" | "raise-in-services" | "fixed-upstream-not-offered" | "no-fix";
            risk: number;
            serviceNames: string[];
            services: number;
            source: string;
            sourceVersion: string | null;
            support: components["schemas"]["SupportBeside"] | null;
            vulnerabilities: string[];
        };
        Freeze: {
            actions: components["schemas"]["Action"][];
            /** Format: date-time */
            endsAt: string;
            hosts: string;
            id: string;
            liftedAt: string | null;
            liftedBy: string | null;
            liftedReason: string | null;
            name: string;
            passesEmergency: boolean;
            reason: string;
            ref: string;
            /** Format: date-time */
            setAt: string;
            setBy: string;
            /** Format: date-time */
            startsAt: string;
            /** @enum {string} */
            state: "planned" | "holds" | "over" | "lifted";
        };
        GroupRule: {
            group: string;
            id: string;
            /** @enum {string} */
            role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
            scope: string;
        };
        Host: {
            /** Format: date-time */
            createdAt: string;
            id: string;
            isEnrolled: boolean;
            labels: {
                [key: string]: string;
            };
            /** @enum {string} */
            mode: "managed" | "inspect-only";
            name: string;
            offerSet: string | null;
            packageSet: string | null;
            protocolId: string;
            system: {
                arch: string;
                codename: string;
                distribution: string;
                kernel: string;
                release: string;
            } | null;
            way: {
                /** @constant */
                kind: "local";
            } | {
                /** @constant */
                kind: "agent";
            } | {
                address: string;
                byCertificate: boolean;
                hostKeys: {
                    fingerprint: string;
                    type: string;
                }[];
                identityFile: string | null;
                /** @constant */
                kind: "ssh";
                port: number;
                /** @enum {string} */
                program: "piped" | "installed";
                user: string;
            };
        };
        HostFacets: {
            fresh: {
                attention: number;
                bad: number;
                good: number;
                unknown: number;
            };
            reach: {
                attention: number;
                bad: number;
                good: number;
                unknown: number;
            };
            reboot: {
                attention: number;
                bad: number;
                good: number;
                unknown: number;
            };
            risk: {
                attention: number;
                bad: number;
                good: number;
                unknown: number;
            };
        };
        HostFacts: {
            bootId: string;
            held: string[];
            kernelInstalled: string | null;
            kernelRunning: string;
            lists: {
                newestAt: string | null;
                /** @enum {string} */
                state: "ok" | "stale" | "none";
            };
            notes: string[];
            program: {
                digest: string;
                version: string | null;
            } | null;
            reboot: {
                isNeeded: boolean;
                reason: string;
            };
            restarts: {
                file: string;
                pid: number;
                unit: string;
            }[];
            services: {
                pid: number;
                /** @enum {string} */
                state: "active" | "inactive" | "failed";
                unit: string;
            }[];
            sources: {
                components: string;
                /** @description rpm: `repo_gpgcheck`; null: not told */
                isIndexSigned: boolean | null;
                isSigned: boolean;
                suite: string;
                uri: string;
            }[];
            uptimeSeconds: number;
            zone: string | null;
        };
        HostFinding: {
            because: string;
            cvss: number | null;
            due: {
                at: string | null;
                sentence: string;
            } | null;
            ecosystem: string;
            epss: number | null;
            excepted: {
                href: string;
                ref: string;
                /** Format: date-time */
                until: string;
            } | null;
            filter: components["schemas"]["Filter"] | null;
            fixedVersion: string | null;
            href: string;
            isExploited: boolean;
            label: string;
            packages: {
                arch: string;
                name: string;
                version: string;
            }[];
            /** Format: date-time */
            since: string;
            source: string;
            standing: components["schemas"]["Word"] | null;
            state: string;
            title: string;
            vulnerability: string;
        };
        HostKindForecast: {
            /**
             * @description of the jobs gone by: the same package, or all of the fleet
             * @enum {string}
             */
            basis: "own" | "steps" | "source" | "fleet" | "given" | "none";
            /** @description of the plan, within your scope */
            hosts: number;
            /** @description too few were measured: the plan's own pace stands in */
            isAssumed: boolean;
            jobSeconds: number | null;
            /** @description of this kind */
            measuredJobs: number;
            /** @description system, way and size of its package set */
            name: string;
            /** @description nine times in ten a host is done by then */
            slowSeconds: number | null;
            text: string;
        };
        HostPolicyChain: {
            hosts: {
                code: string | null;
                host: string;
                /** @enum {string} */
                outcome: "waiting" | "taken" | "refused";
                triedAt: string | null;
                /** @description as far as it said itself */
                version: number;
                why: string | null;
            }[];
            policies: {
                /** Format: date-time */
                at: string;
                digest: string;
                roots: {
                    name: string;
                    /** @enum {string} */
                    side: "old" | "new";
                }[];
                version: number;
            }[];
        };
        HostRuntime: {
            asOf: string | null;
            disabledModules: {
                /** @enum {string} */
                how: "install" | "blacklist";
                name: string;
                path: string | null;
            }[];
            /** @description packages that no process has in memory */
            idleCount: number;
            listening: {
                package: string | null;
                port: number;
                process: string | null;
                /** @enum {string} */
                protocol: "tcp" | "udp" | "other";
                /** @enum {string} */
                reach: "loopback" | "address" | "any";
            }[];
            /** @description kernel modules that are loaded */
            moduleCount: number;
            restarts: {
                /** @description what still runs is this version or older */
                before: string | null;
                installed: string | null;
                package: string;
                processes: string[];
                state: components["schemas"]["Word"];
                /** @description mended on disk, and in memory still */
                vulnerabilities: {
                    id: string;
                    isExploited: boolean;
                }[];
            }[];
            sentence: string;
            /** @description since when inspections saw the same */
            since: string | null;
            /** @description how good the look was */
            state: components["schemas"]["Word"];
            used: {
                isRun: boolean;
                isStale: boolean;
                /** @description processes that have a file of it in memory */
                mappedCount: number;
                name: string;
                processes: string[];
                /** @description processes that run one of its programs */
                runCount: number;
                /** @description processes that have a replaced file of it in memory */
                staleCount: number;
            }[];
        };
        HostStates: {
            fresh: components["schemas"]["State"];
            reachable: components["schemas"]["State"];
            reboot: components["schemas"]["State"];
            risk: components["schemas"]["State"];
        };
        ImportedCalendar: {
            digest: string;
            /** Format: date-time */
            fetchedAt: string;
            hosts: string;
            /** @enum {string} */
            kind: "window" | "blackout" | "freeze" | "peak" | "release" | "cab";
            name: string;
            passesEmergency: boolean;
            problem: string | null;
            /** Format: date-time */
            triedAt: string;
            url: string | null;
        };
        ItsmLink: {
            behind: boolean;
            checkedAt: string | null;
            conflict: string | null;
            /** @description given up since then, until somebody tries again */
            deadAt: string | null;
            /** @description no wave of the change opens while this is so */
            holds: boolean;
            key: string | null;
            problem: string | null;
            problemSince: string | null;
            state: string | null;
            system: string;
            url: string | null;
        };
        ItsmSystem: {
            actions: components["schemas"]["Action"][];
            /** @description records that do not tell everything yet */
            behind: number;
            /** Format: date-time */
            changedAt: string;
            /** @description records that were edited there, or stay in another state */
            conflicts: number;
            /** @description records that were given up until somebody tries again */
            dead: number;
            hasReportKey: boolean;
            /** @enum {string} */
            kind: "webhook" | "servicenow" | "jira";
            name: string;
            problem: string | null;
            problemSince: string | null;
            records: number;
            settings: {
                [key: string]: unknown;
            };
            url: string;
        };
        JudgedService: {
            actions: components["schemas"]["Action"][];
            artifactCount: number;
            componentCount: number;
            /** @description of its own components; null without the right to see them */
            findings: {
                exploited: number;
                fixable: number;
                open: number;
            } | null;
            hostCount: number;
            /** @description on the worst of its hosts */
            hostFindings: {
                exploited: number;
                fixable: number;
                open: number;
            } | null;
            service: components["schemas"]["Service"];
            /** @description vulnerabilities that trusted VEX sets aside; counted nowhere else */
            setAsideCount: number;
            state: {
                label: string;
                reason: string | null;
                /** @enum {string} */
                state: "good" | "attention" | "bad" | "unknown";
            };
            unknownCount: number;
            /** @description when an artifact changed last */
            updatedAt: string | null;
        };
        KnownIssue: {
            actions: components["schemas"]["Action"][];
            href: string;
            id: string;
            label: string;
            /** Format: date-time */
            movedAt: string;
            publishedAt: string | null;
            publishedRevision: number | null;
            ref: string;
            revision: number;
            /** @enum {string} */
            state: "draft" | "published" | "withdrawn";
            text: components["schemas"]["KnownIssueRevision"];
        };
        KnownIssueRevision: {
            /** @description which versions, in words */
            affected: string;
            /** @enum {string} */
            audience: "operations" | "everybody";
            ecosystem: string | null;
            patch: string | null;
            revision: number;
            /** @description a source package or a service */
            subject: string;
            title: string;
            vulnerabilities: string[];
            /** @description Markdown, shown as text */
            workaround: string;
            /** Format: date-time */
            writtenAt: string;
            writtenBy: string;
        };
        KnownSaying: {
            advisory: string;
            /** @description packages here for which this is what decided */
            decided: number;
            ecosystem: string;
            endedAt: string | null;
            feed: string;
            packages: string[];
            rank: number;
            says: string;
            /** @description RFC 3339 in UTC */
            since: string;
            /** @description why it decided, or why not */
            why: string;
        };
        KnownScore: {
            /** @description recomputed from the vector; null when that cannot be read */
            computed: number | null;
            /** @description the one that counts by the deadline policy */
            isChosen: boolean;
            /** @description where the two differ, or why there is none; empty otherwise */
            note: string;
            /** @description as its publisher wrote it */
            published: number;
            severity: string | null;
            source: string;
            vector: string;
            version: string;
        };
        KnownVulnerability: {
            aliases: {
                feeds: string[];
                id: string;
            }[];
            /** @description the past moment that it tells of; null for now */
            asOf: string | null;
            epss: {
                history: {
                    /** @description RFC 3339 in UTC */
                    at: string;
                    percentile: number;
                    score: number;
                }[];
                percentile: number;
                score: number;
            } | null;
            /** @description null where the reader may not see exceptions, and of the past */
            exceptions: {
                href: string;
                reason: string;
                ref: string;
                state: string;
                until: string | null;
            }[] | null;
            filters: {
                filter: components["schemas"]["Filter"];
                hostCount: number;
            }[];
            /** @description hosts that are exposed, as far as the reader sees */
            hosts: number;
            id: string;
            kev: {
                /** @description RFC 3339 in UTC */
                addedAt: string;
                dueAt: string | null;
                isRansomware: boolean;
            } | null;
            /** @description that no source had told of it then, and when one did */
            notYetKnown: string | null;
            /** @description who decides, the first that speaks */
            precedence: string[];
            publishedAt: string | null;
            references: {
                feeds: string[];
                url: string;
            }[];
            /** @description bugs that a record covers or is about, which are not the same */
            related: {
                feeds: string[];
                id: string;
            }[];
            /** @description hosts whose running system was not asked, as too many are unlike others */
            runtimeLeftOutCount: number;
            sayings: components["schemas"]["KnownSaying"][];
            /** @description whose score counts, in words */
            scoreOrder: string;
            scores: components["schemas"]["KnownScore"][];
            ssvc: {
                exploitation: string;
                isAutomatable: boolean;
                technicalImpact: string;
            } | null;
            /** @enum {string} */
            status: "published" | "rejected" | "withdrawn" | "disputed";
            texts: {
                description: string;
                feed: string;
                /** @description RFC 3339 in UTC */
                learnedAt: string;
                modifiedAt: string | null;
                publishedAt: string | null;
                status: string;
                title: string;
            }[];
            timeline: {
                /** @description RFC 3339 in UTC */
                at: string;
                sentence: string;
                source: string;
            }[];
            title: string;
            weaknesses: {
                feeds: string[];
                id: string;
            }[];
        };
        LegalHold: {
            about: string | null;
            actions: components["schemas"]["Action"][];
            from: string | null;
            /** @enum {string} */
            kind: "case" | "change" | "host" | "person" | "time";
            liftAskedAt: string | null;
            liftAskedBy: string | null;
            liftedAt: string | null;
            liftedBy: string | null;
            liftReason: string | null;
            name: string;
            /** Format: date-time */
            placedAt: string;
            placedBy: string;
            reason: string;
            until: string | null;
        };
        MissedRollout: {
            /** @description what sees to it, where one command does */
            command: string | null;
            /**
             * @description tried: by this rollout; taken: by another rollout or a plan; nothing: unless a person acts
             * @enum {string}
             */
            fate: "tried" | "taken" | "nothing";
            href: string;
            /**
             * @description waiting: its time in the rollout is not over; left-out: the plan did not take it
             * @enum {string}
             */
            kind: "waiting" | "missed" | "skipped" | "lost" | "left-out";
            /** @description what will become of it, or what to do */
            outlook: string;
            /** @description as in P-1 */
            patch: string;
            /** @description digest of the rollout's plan */
            plan: string;
            /** @description as in R-7 */
            rollout: string;
            /** @enum {string} */
            rolloutState: "running" | "halted" | "finished" | "stopped";
            /** Format: date-time */
            since: string;
            title: string;
            why: string;
            word: components["schemas"]["Word"];
        };
        Overview: {
            action: {
                href: string;
                text: string;
            } | null;
            /** Format: date-time */
            asOf: string;
            deadlines: {
                excepted: number;
                items: {
                    /** Format: date-time */
                    at: string;
                    href: string;
                    isOverdue: boolean;
                    ref: string;
                    sentence: string;
                    state: string;
                    title: string;
                    /** @enum {string} */
                    urgency: "critical" | "high" | "medium" | "low";
                }[];
                overdue: number;
                soon: number;
            } | null;
            feeds: {
                href: string;
                name: string;
                sentence: string;
                /** @enum {string} */
                state: "good" | "attention" | "bad" | "unknown";
            }[] | null;
            firstSteps: {
                command: string | null;
                done: boolean;
                href: string | null;
                text: string;
            }[];
            fleet: {
                hosts: number;
                states: {
                    count: number;
                    href: string;
                    label: string;
                    /** @enum {string} */
                    respect: "reach" | "fresh" | "reboot" | "risk";
                    /** @enum {string} */
                    state: "good" | "attention" | "bad" | "unknown";
                }[];
            } | null;
            notShown: {
                part: string;
                reason: string;
            }[];
            rollouts: {
                href: string;
                id: string;
                ref: string;
                sentence: string;
                /** Format: date-time */
                startedAt: string;
                /** @enum {string} */
                state: "running" | "halted" | "finished" | "stopped";
                title: string;
                waves: {
                    failed: number;
                    hosts: number;
                    number: number;
                    ring: string;
                    running: number;
                    /** @enum {string} */
                    state: "waiting" | "open" | "passed" | "ended";
                    unknown: number;
                    verified: number;
                }[];
            }[] | null;
            trend: components["schemas"]["TrendDay"][] | null;
            verdict: {
                parts: {
                    href: string | null;
                    text: string;
                }[];
                /** @enum {string} */
                tone: "good" | "attention" | "bad" | "unknown";
            };
            waiting: {
                changes: {
                    /** Format: date-time */
                    expiresAt: string;
                    href: string;
                    ref: string;
                    requester: string;
                    sentence: string;
                    title: string;
                }[];
                forMe: number;
            } | null;
        };
        PaceSheet: {
            actions: components["schemas"]["Action"][];
            change: {
                /** @enum {string} */
                basis: "source" | "kind" | "all" | "none";
                failedHosts: {
                    high: number;
                    low: number;
                };
                failureRate: {
                    high: number;
                    low: number;
                };
                record: {
                    failed: number;
                    hosts: number;
                };
            };
            decisions: {
                /** Format: date-time */
                at: string;
                by: string;
                /** @enum {string} */
                choice: "now" | "next-release" | "wait";
                sheet: string[];
                words: string;
            }[];
            exposure: {
                exposedHosts: number;
                hosts: number;
                knownExploited: string[];
                perDay: {
                    high: number;
                    low: number;
                };
                unknown: number;
            };
            speed: string[];
            stability: string[];
            waiting: {
                /** @enum {string} */
                choice: "now" | "next-release" | "wait";
                days: number;
                exploited: {
                    high: number;
                    low: number;
                };
                exposedHostDays: number;
            }[];
        };
        Passkey: {
            /** Format: date-time */
            addedAt: string;
            credential: string;
            id: string;
            isBackedUp: boolean;
            isBackupEligible: boolean;
            rpId: string;
            title: string;
            usedAt: string | null;
        };
        PasskeyAnswer: {
            authenticatorData: string;
            /** @description clientDataJSON, base64url */
            clientData: string;
            credential: string;
            signature: string;
        };
        Patch: {
            actions: components["schemas"]["Action"][];
            affectedVersions: string[];
            classifiedBy: {
                file: string;
                justificationMin: number | null;
                rule: string;
                version: string;
            };
            deadline: components["schemas"]["Deadline"];
            excepted: components["schemas"]["Excepted"] | null;
            id: string;
            justification: string;
            justifiedBy: string | null;
            /** @enum {string} */
            kind: "security" | "functional" | "performance";
            missing: {
                field: string;
                sentence: string;
            }[];
            /** Format: date-time */
            openedAt: string;
            openedBy: string;
            priority: components["schemas"]["Priority"] | null;
            ref: string;
            regression: {
                because: string;
                /** @enum {string} */
                level: "low" | "medium" | "high";
            };
            /** @enum {string} */
            route: "emergency" | "scheduled" | "feature-release";
            /** @enum {string} */
            state: "triage" | "planned" | "approved" | "rolling" | "stopped" | "observing" | "closed" | "dropped";
            target: components["schemas"]["PatchTarget"];
            title: string;
            /** @enum {string} */
            urgency: "critical" | "high" | "medium" | "low";
            vulnerabilities: string[];
        };
        PatchTarget: {
            ecosystem: string;
            source: string;
            sourceVersion: string;
        };
        PolicyEffect: {
            because: string;
            from: string;
            href: string;
            ref: string;
            title: string;
            to: string;
            what: string;
        };
        PolicyFile: {
            applied: {
                by: string;
                reason: string;
            } | null;
            decides: string;
            digest: string;
            file: string | null;
            /** @enum {string} */
            kind: "classification" | "priority" | "deadlines" | "debt" | "runtime" | "cadence" | "calendar" | "change" | "owners" | "rings";
            name: string;
            /** @enum {string} */
            origin: "shipped" | "own" | "applied" | "used";
            problem: string | null;
            since: string | null;
            text: string;
        };
        Priority: {
            by: {
                file: string;
                rule: string;
                version: string;
            };
            loweredFrom: ("act" | "attend" | "track*" | "track") | null;
            /** @enum {string} */
            outcome: "act" | "attend" | "track*" | "track";
            path: {
                rule: string;
                steps: {
                    condition: string;
                    held: boolean;
                    values: string;
                }[];
            }[];
        };
        Problem: {
            /** @enum {string} */
            code: "invalid" | "unauthenticated" | "forbidden" | "proof-needed" | "not-found" | "conflict" | "blocked" | "too-large" | "rate-limited" | "unavailable" | "internal";
            detail: string;
            facts: {
                [key: string]: unknown;
            };
            instance: string;
            retry: boolean;
            status: number;
            title: string;
            type: string;
        };
        ReleaseTrain: {
            cases: {
                /** Format: date-time */
                at: string;
                because: string[];
                href: string;
                ref: string;
                title: string;
            }[];
            dates: string[];
            kinds: string[];
            /** @description what is ready later than this rides the next one */
            leadSeconds: number;
            name: string;
            /** @description at least so long between two rides; 0 without a target */
            pauseSeconds: number;
            products: string[];
            rule: string;
            services: string[] | null;
            target: string | null;
        };
        Restore: {
            document: string | null;
            /** @description rollouts that are halted */
            held: number;
            need: number;
            /** @description the newest head known */
            newest: {
                root: string;
                size: number;
            };
            /** @description `files`, or who had it */
            newestFrom: string;
            /** @description of the database now */
            now: {
                root: string;
                size: number;
            };
            number: number;
            /** @description of the database as it was put back */
            old: {
                root: string;
                size: number;
            };
            /** Format: date-time */
            openedAt: string;
            /** @description why missing entries could not be had */
            problem: string | null;
            replayed: {
                [key: string]: number;
            } | null;
            signatures: {
                /** Format: date-time */
                at: string;
                counts: boolean;
                /** @enum {string} */
                keyClass: "ssh" | "sk" | "desk" | "page";
                signer: string;
            }[];
            /** @description hosts that have to report first */
            unknown: number;
            /** @description witnesses that have seen more than is known here */
            witnessesAhead: string[];
        };
        Retention: {
            actions: components["schemas"]["Action"][];
            asked: {
                /** Format: date-time */
                at: string;
                by: string;
                days: number;
            } | null;
            /** @enum {string} */
            class: "changes" | "access" | "rest";
            days: number;
        };
        Revocation: {
            /** Format: date-time */
            at: string;
            change: string | null;
            document: string;
            id: string;
            /** @enum {string} */
            keyClass: "ssh" | "sk" | "desk" | "page" | "root";
            keyFingerprint: string;
            reason: string;
            /** @description hosts that do not believe the key that signed */
            refused: number;
            signature: string;
            signer: string;
            taken: number;
            /** @description a plan's digest, or a key's fingerprint */
            target: string;
            /** @description hosts that were not reached yet */
            waiting: number;
            /** @enum {string} */
            what: "plan" | "key";
        };
        Role: {
            /** @enum {string} */
            name: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
            permissions: {
                /** @enum {string} */
                name: "host.read" | "host.manage" | "host.scan" | "service.read" | "service.edit" | "service.publish" | "feed.read" | "feed.load" | "finding.read" | "support.decide" | "vex.load" | "vex.trust" | "patch.read" | "patch.edit" | "triage.vote" | "exception.read" | "exception.request" | "exception.approve" | "issue.read" | "issue.edit" | "calendar.read" | "calendar.freeze" | "plan.read" | "plan.create" | "change.read" | "change.request" | "change.vote" | "change.approve" | "rollout.read" | "rollout.operate" | "rollout.halt" | "audit.read" | "audit.export" | "metrics.read" | "policy.read" | "policy.apply" | "user.read" | "user.manage";
                words: string;
            }[];
            words: string;
        };
        Scan: {
            changed: number;
            /** Format: date-time */
            createdAt: string;
            failed: number;
            finishedAt: string | null;
            forecast: {
                /** Format: date-time */
                endsAt: string;
                marginSeconds: number;
            } | null;
            hosts: number;
            id: string;
            refreshesLists: boolean;
            running: number;
            selector: string;
            unchanged: number;
            waiting: number;
        };
        SearchHit: {
            detail: string;
            href: string;
            /** @enum {string} */
            kind: "host" | "service" | "patch" | "change" | "vulnerability" | "rollout" | "plan";
            label: string;
        };
        Service: {
            /** Format: date-time */
            createdAt: string;
            /** @description label expression of the hosts that run it */
            hostSelector: string | null;
            id: string;
            labels: {
                [key: string]: string;
            };
            name: string;
            namedHosts: {
                id: string;
                name: string;
            }[];
            /** @description services it cannot do without */
            needs: {
                id: string;
                name: string;
            }[];
            owners: string[];
            repository: string;
            team: string;
            title: string;
        };
        Session: {
            address: string;
            /** Format: date-time */
            endsAt: string;
            id: string;
            isCurrent: boolean;
            program: string;
            /** Format: date-time */
            seenAt: string;
            /** Format: date-time */
            startedAt: string;
        };
        SetAsideFinding: {
            cvss: number | null;
            ecosystem: string;
            epss: number | null;
            filter: components["schemas"]["Filter"];
            /** @description what is said of it and sets nothing aside */
            filters: components["schemas"]["Filter"][];
            fixedVersion: string | null;
            href: string;
            id: string;
            isExploited: boolean;
            label: string;
            name: string;
            state: string;
            title: string;
            version: string;
        };
        ShownHost: {
            actions: components["schemas"]["Action"][];
            /** Format: date-time */
            createdAt: string;
            findings: {
                exploited: number;
                fixable: number;
                open: number;
            } | null;
            id: string;
            isEnrolled: boolean;
            labels: {
                [key: string]: string;
            };
            /** @enum {string} */
            mode: "managed" | "inspect-only";
            name: string;
            offerSet: string | null;
            packageSet: string | null;
            protocolId: string;
            states: components["schemas"]["HostStates"];
            system: {
                arch: string;
                codename: string;
                distribution: string;
                kernel: string;
                release: string;
            } | null;
            way: {
                /** @constant */
                kind: "local";
            } | {
                /** @constant */
                kind: "agent";
            } | {
                address: string;
                byCertificate: boolean;
                hostKeys: {
                    fingerprint: string;
                    type: string;
                }[];
                identityFile: string | null;
                /** @constant */
                kind: "ssh";
                port: number;
                /** @enum {string} */
                program: "piped" | "installed";
                user: string;
            };
        };
        SignIn: {
            /** Format: date-time */
            expiresAt: string;
            /** @constant */
            kind: "token";
            subject: string;
            token: string;
        };
        State: {
            label: string;
            reason: string | null;
            since: string | null;
            /** @enum {string} */
            state: "good" | "attention" | "bad" | "unknown";
        };
        SupportBeside: {
            endsAt: string | null;
            label: string;
            sentence: string;
            /** @enum {string} */
            state: "ended" | "extended" | "ends-soon" | "supported" | "unknown";
            /** @enum {string} */
            tone: "good" | "attention" | "bad" | "unknown";
        };
        SupportEntry: {
            actions: components["schemas"]["Action"][];
            /** @description the release it comes with and is mended by; empty otherwise */
            carrier: string;
            cycle: string;
            daysLeft: number | null;
            endsAt: string | null;
            exploited: number;
            extendedEndsAt: string | null;
            extendedHosts: number;
            extendedName: string | null;
            hosts: number;
            /** @enum {string} */
            kind: "system" | "runtime";
            label: string;
            /** @description vulnerabilities open on it */
            open: number;
            owners: {
                /** @enum {string} */
                kind: "team" | "service";
                name: string;
            }[];
            path: {
                factor: string;
                value: number;
            }[];
            product: string;
            /** @description modernisation order: what is high goes first */
            score: number;
            /** @description how it stands, as people say it */
            sentence: string;
            /** @description services whose own artifacts contain it */
            services: string[];
            /** @enum {string} */
            state: "ended" | "extended" | "ends-soon" | "supported" | "unknown";
            strategy: components["schemas"]["SupportStrategy"] | null;
            supportEndsAt: string | null;
            title: string;
            /** @enum {string} */
            tone: "good" | "attention" | "bad" | "unknown";
            unfixed: number;
            /** @description what the product's own publisher says, where a distribution mends it */
            upstream: {
                endsAt: string | null;
                /** @enum {string} */
                state: "ended" | "extended" | "ends-soon" | "supported" | "unknown";
            } | null;
        };
        SupportStrategy: {
            /** @description RFC 3339 in UTC */
            decidedAt: string;
            decidedBy: string;
            /** @description RFC 3339 in UTC */
            dueAt: string;
            endedAt: string | null;
            isOverdue: boolean;
            label: string;
            owner: string;
            reason: string;
            /** @enum {string} */
            strategy: "migrate" | "isolate" | "extend" | "accept";
        };
        TimelineEntry: {
            /** Format: date-time */
            at: string;
            details: string[];
            href: string | null;
            /** @enum {string} */
            kind: "inspection" | "packages" | "contact" | "job" | "refusal" | "hold" | "plan" | "edit";
            sentence: string;
        };
        TimelineEvent: {
            actor: string;
            /** Format: date-time */
            at: string;
            facts: {
                [key: string]: unknown;
            };
            id: string;
            index: number | null;
            object: string;
            sentence: string;
            type: string;
        };
        Token: {
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string;
            id: string;
            limits: {
                /** @enum {string} */
                role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
                scope: string;
            }[] | null;
            revokedAt: string | null;
            subject: string;
            title: string;
            usedAt: string | null;
        };
        TrendDay: {
            /** @description vulnerabilities that were there the day before */
            closed: number | null;
            /** Format: date */
            day: string;
            /** @description of these, known to be exploited */
            exploited: number | null;
            /** @description hosts that had one known to be exploited */
            exploitedHosts: number | null;
            /** @description vulnerabilities on some host; null where that day is not known */
            findings: number | null;
            /** @description hosts that had one */
            hosts: number | null;
            /** @description hosts whose packages were known */
            knownHosts: number | null;
            /** @description vulnerabilities that were not there the day before */
            opened: number | null;
            /** @description source packages that have one */
            sources: number | null;
        };
        TriageItem: {
            actions: components["schemas"]["Action"][];
            ecosystem: string;
            epssMax: number | null;
            exposedHosts: number;
            findingsCleared: number;
            hosts: number;
            knownExploited: string[];
            lowered: string[];
            mine: {
                /** Format: date-time */
                at: string;
                hosts: string;
                /** @enum {string} */
                necessity: "necessary" | "not" | "needs-info";
                /** @enum {string} */
                scope: "all" | "subset" | "exclude";
                subject: string;
                words: string;
            } | null;
            outcome: {
                /** Format: date-time */
                at: string;
                by: string;
                /** @enum {string} */
                doing: "open-case" | "defer" | "known-issue" | "nothing";
                label: string;
                ref: string | null;
                words: string;
            } | null;
            place: number;
            /** @enum {string} */
            remedy: "update-offered" | "fixed-upstream-not-offered" | "no-fix";
            risk: number;
            source: string;
            sourceVersion: string | null;
            tally: {
                /** @enum {string} */
                kind: "few" | "tie" | "decided";
                text: string;
            };
            votes: {
                /** Format: date-time */
                at: string;
                hosts: string;
                /** @enum {string} */
                necessity: "necessary" | "not" | "needs-info";
                /** @enum {string} */
                scope: "all" | "subset" | "exclude";
                subject: string;
                words: string;
            }[];
            vulnerabilities: string[];
        };
        TriageSession: {
            actions: components["schemas"]["Action"][];
            closed: {
                /** Format: date-time */
                at: string;
                by: string;
                minutes: string;
                summary: string;
            } | null;
            /** @enum {string} */
            counts: "frozen" | "own";
            digest: string;
            href: string;
            id: string;
            items: components["schemas"]["TriageItem"][];
            minutes: string;
            notes: {
                /** Format: date-time */
                at: string;
                subject: string;
                words: string;
            }[];
            participants: {
                /** Format: date-time */
                joinedAt: string;
                /** @enum {string} */
                part: "on-call" | "qa" | "support" | "security" | "operations" | "other";
                subject: string;
            }[];
            quorum: number;
            ref: string;
            /** Format: date-time */
            startedAt: string;
            startedBy: string;
            /** @enum {string} */
            state: "open" | "closed";
            title: string;
        };
        UpdatePreview: {
            ecosystem: string;
            hosts: number;
            packages: {
                arch: string;
                from: string[];
                hosts: number;
                name: string;
                to: string[];
            }[];
            rebootHosts: number;
            restarts: string;
            source: string;
            versions: {
                /** @description vulnerability and host pairs that it clears */
                cleared: number;
                hosts: number;
                /** @description pairs that stay open on them */
                left: number;
                sourceVersion: string | null;
            }[];
        };
        User: {
            actions: components["schemas"]["Action"][];
            /** Format: date-time */
            createdAt: string;
            disabledAt: string | null;
            grants: {
                id: string;
                /** @enum {string} */
                role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
                scope: string;
            }[];
            handle: string;
            hasPassword: boolean;
            id: string;
            /** @enum {string} */
            kind: "person" | "service";
            name: string;
            owner: string | null;
            version: number;
        };
        VexDocument: {
            actions: components["schemas"]["Action"][];
            author: string;
            /** @description SHA-256 of the file */
            digest: string;
            endedAt: string | null;
            endReason: string | null;
            format: string;
            label: string;
            /** @description RFC 3339 in UTC */
            loadedAt: string;
            /** @description statements that are about a finding now */
            matchedCount: number;
            problems: {
                place: string;
                reason: string;
            }[];
            product: string;
            /** @description label expression; empty for every host */
            scope: string;
            /** @description what it takes out of the counts on your hosts now */
            setAside: {
                findings: number;
                hosts: number;
                vulnerabilities: number;
            };
            /** @enum {string} */
            state: "counts" | "shown" | "ended";
            statementCount: number;
            title: string;
            /** @enum {string} */
            tone: "good" | "attention" | "bad" | "unknown";
            /** @enum {string} */
            trust: "none" | "approver" | "publisher" | "responsible";
            trustedBy: string;
            trustReason: string;
            /** @description whose word it is and how that was verified, in a sentence */
            trustText: string;
            until: string | null;
            /** @description its number, V-3 */
            vex: string;
        };
        VexPublisher: {
            authors: string[];
            fingerprint: string;
            id: string;
            keyLine: string;
            name: string;
        };
        VexStatement: {
            aliases: string[];
            author: string;
            isMatched: boolean;
            justification: string;
            products: string[];
            saidAt: string | null;
            /** @description services with a component that it is about */
            serviceCount: number;
            status: string;
            vulnerability: string;
            /** @description why it is about no finding, and what came near */
            whyUnmatched: string | null;
        };
        Vocabulary: {
            hostRespects: {
                /** @enum {string} */
                name: "reach" | "fresh" | "reboot" | "risk";
                title: string;
                tones: {
                    label: string;
                    /** @enum {string} */
                    name: "good" | "attention" | "bad" | "unknown";
                    /** @enum {string} */
                    tone: "good" | "attention" | "bad" | "unknown";
                }[];
            }[];
            patchStages: string[];
            words: {
                caseEvent: components["schemas"]["Word"][];
                change: components["schemas"]["Word"][];
                compliance: components["schemas"]["Word"][];
                deferral: components["schemas"]["Word"][];
                deferralReason: components["schemas"]["Word"][];
                exception: components["schemas"]["Word"][];
                exceptionReason: components["schemas"]["Word"][];
                feed: components["schemas"]["Word"][];
                finding: components["schemas"]["Word"][];
                gate: components["schemas"]["Word"][];
                hostEvent: components["schemas"]["Word"][];
                keyClass: components["schemas"]["Word"][];
                knownIssue: components["schemas"]["Word"][];
                listedFinding: components["schemas"]["Word"][];
                patch: {
                    label: string;
                    name: string;
                    stagesBehind: number;
                    /** @enum {string} */
                    tone: "good" | "attention" | "bad" | "unknown" | "running" | "waiting";
                }[];
                policyOrigin: components["schemas"]["Word"][];
                remedy: components["schemas"]["Word"][];
                rollout: components["schemas"]["Word"][];
                service: components["schemas"]["Word"][];
                standing: components["schemas"]["Word"][];
                wave: components["schemas"]["Word"][];
            };
        };
        WaysIn: {
            at: string | null;
            host: string;
            items: {
                advice: string;
                kind: string;
                /** @enum {string} */
                level: "bad" | "attention" | "unknown";
                says: string;
                what: string;
            }[];
            /** @description the key line that the host was enrolled with */
            key: string | null;
            /** @description why it is not the host's own word */
            problem: string | null;
            proof: ("signed" | "unsigned" | "wrong") | null;
            signature: string | null;
            /** @description since when it says the same */
            since: string | null;
            text: string | null;
        };
        Witness: {
            /** Format: date-time */
            addedAt: string;
            /** @description since when it is known to hold another history */
            contradictsAt: string | null;
            /** @description null for one elsewhere */
            host: string | null;
            name: string;
            /** @description null where nobody said whose it is */
            operator: string | null;
            /** @description as it stands in the policy of hosts */
            policyLine: string;
            problem: string | null;
            /** @description of the host that it is */
            ring: string | null;
            /** @description entries under the newest head that it has seen */
            seenSize: number;
            signedAt: string | null;
            signedSize: number;
            url: string | null;
        };
        WitnessesOfRing: {
            /** @description how many there are; all of one operator count once */
            able: number;
            /** @description entries under the newest head that enough of them signed */
            cosigned: number;
            /** @description names of the witnesses that count for it */
            counts: string[];
            /** @description how many must have signed before work starts in the ring */
            need: number;
            /** @description who runs its hosts; null: nobody said */
            operator: string | null;
            ring: string;
        };
        Word: {
            label: string;
            name: string;
            /** @enum {string} */
            tone: "good" | "attention" | "bad" | "unknown" | "running" | "waiting";
        };
    };
    responses: {
        /** @description blocked */
        blocked: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description blocked or conflict */
        "blocked.conflict": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description conflict */
        conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description forbidden */
        forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description forbidden or proof-needed */
        "forbidden.proof-needed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description internal */
        internal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description invalid */
        invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description not-found */
        "not-found": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description rate-limited */
        "rate-limited": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description too-large */
        "too-large": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description unauthenticated */
        unauthenticated: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description unavailable */
        unavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getAgentHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            count: number;
                            /** @enum {string} */
                            kind: "quarantined" | "certificate-over" | "silent" | "away" | "certificate-ending" | "other-program";
                            names: string[];
                        }[];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postAgentTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default {} */
                    labels?: {
                        [key: string]: string;
                    };
                    /** @default 900 */
                    lifeSeconds?: number;
                    policy: string;
                    ring: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        policy: string;
                        token: string;
                        until: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAgentTrust: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        authority: string;
                        program: string;
                        tenant: string;
                        url: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAgents: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "live" | "quarantined" | "buried";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Agent"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAgentsByAgent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Agent"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postAgentsByAgentByVerb: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent: string;
                verb: "quarantine" | "release" | "bury";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Agent"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postAgentsByAgentRenewal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                agent: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Agent"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAsked: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            href: string;
                            /** @enum {string} */
                            kind: "elevation" | "resume";
                            /** @description J-3, R-7, or the scope of a halt */
                            number: string;
                            title: string;
                            words: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditChangesByChangeEvidence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/jsonl": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditConsistency: {
        parameters: {
            query: {
                from: number;
                to?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        from: number;
                        proof: string[];
                        to: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditEvents: {
        parameters: {
            query?: {
                actor?: string;
                change?: string;
                cursor?: string;
                host?: string;
                limit?: number;
                object?: string;
                order?: "oldest" | "newest";
                patch?: string;
                plan?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                type?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Event"][];
                        next: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditExport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/jsonl": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditHolds: {
        parameters: {
            query?: {
                open?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["LegalHold"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postAuditHolds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    about?: string;
                    /** Format: date-time */
                    from?: string;
                    /** @enum {string} */
                    kind: "case" | "change" | "host" | "person" | "time";
                    reason: string;
                    /** Format: date-time */
                    until?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LegalHold"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postAuditHoldsByHoldLift: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                hold: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LegalHold"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditNames: {
        parameters: {
            query: {
                /** @description `host:<id>,change:<id>`: up to 100 */
                objects: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description by object; without what is gone or has no name of its own */
                        names: {
                            [key: string]: string;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditProofByIndex: {
        parameters: {
            query?: {
                size?: number;
            };
            header?: never;
            path: {
                index: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checkpoint: string;
                        entry: string;
                        index: number;
                        leaf: string;
                        proof: string[];
                        root: string;
                        sentence: string;
                        size: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postAuditPrunings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    minimum: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        entries: number;
                        minimum: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getAuditRetention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        classes: components["schemas"]["Retention"][];
                        first: {
                            index: number;
                            why: string;
                        } | null;
                        minimum: number;
                        prunable: number;
                        size: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putAuditRetentionByClass: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                class: "changes" | "access" | "rest";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    days: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCabAgenda: {
        parameters: {
            query?: {
                from?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            change: {
                                approvals: number;
                                backout: string;
                                /** @enum {string} */
                                class: "normal" | "emergency";
                                closedReason: string | null;
                                /** Format: date-time */
                                expiresAt: string;
                                id: string;
                                /** @enum {string} */
                                level: "low" | "medium" | "high";
                                /** Format: date-time */
                                movedAt: string;
                                need: number;
                                number: string;
                                patch: string;
                                plan: string;
                                reason: string;
                                /** Format: date-time */
                                requestedAt: string;
                                requester: string;
                                risk: {
                                    firstWaveDetects: number;
                                    hosts: number;
                                    irreversible: string[];
                                    needsReboot: boolean;
                                    pipedHosts: number;
                                    restarts: string[];
                                    /** @enum {string} */
                                    reversibility: "downgrade" | "none";
                                    rings: string[];
                                };
                                /** @enum {string} */
                                state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                                title: string;
                            };
                            conflicts: string[];
                            isTooLate: boolean;
                            parts: {
                                because: string;
                                points: number;
                                /** @enum {string} */
                                what: "criticality" | "exposure" | "reboot" | "reversibility" | "hosts" | "past";
                            }[];
                            points: number | null;
                            proof: string;
                            tally: string;
                            votes: {
                                /** @enum {string} */
                                choice: "approve" | "reject" | "abstain";
                                member: string;
                            }[];
                        }[];
                        meeting: {
                            /** Format: date-time */
                            from: string;
                            name: string;
                            /** Format: date-time */
                            to: string;
                        } | null;
                        problem: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCabMinutes: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            digest: string;
                            id: string;
                            text: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postCabMinutes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default  */
                    notes?: string;
                    /** @default [] */
                    present?: string[];
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        by: string;
                        digest: string;
                        id: string;
                        text: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCalendar: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        entries: components["schemas"]["CalendarEntry"][];
                        /** Format: date-time */
                        from: string;
                        leftOut: string[];
                        /** @enum {string} */
                        others: "open" | "closed";
                        times: components["schemas"]["CalendarTime"][];
                        /** Format: date-time */
                        to: string;
                        zone: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCalendarIcs: {
        parameters: {
            query?: {
                /** @description a label expression, or all */
                hosts?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCalendarConflicts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            by: components["schemas"]["CalendarTime"][];
                            isWhole: boolean;
                            sentence: string;
                            window: components["schemas"]["CalendarTime"];
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCalendarFeeds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CalendarFeed"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postCalendarFeeds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description a label expression, or all
                     * @default all
                     */
                    hosts?: string;
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        path: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteCalendarFeedsByFeed: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                feed: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCalendarFeedsBySecretCalendarIcs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/calendar": string;
                };
            };
            400: components["responses"]["invalid"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getCalendarImports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ImportedCalendar"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postCalendarImports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a label expression, or all */
                    hosts: string;
                    /** @enum {string} */
                    kind: "window" | "blackout" | "freeze" | "peak" | "release" | "cab";
                    name: string;
                    /** @default false */
                    passesEmergency?: boolean;
                    text?: string;
                    /** Format: uri */
                    url?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        entries: number;
                        name: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteCalendarImportsByName: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangeDuties: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            change: string;
                            doneAt: string | null;
                            doneBy: string | null;
                            /** Format: date-time */
                            dueAt: string;
                            isOverdue: boolean;
                            /** @enum {string} */
                            kind: "retrospective" | "review";
                            /** Format: date-time */
                            openedAt: string;
                            outcome: string | null;
                            title: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangeMeasures: {
        parameters: {
            query?: {
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        backedOut: number | null;
                        days: number;
                        emergency: number | null;
                        ended: number;
                        leadSeconds: number | null;
                        successful: number | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangeTemplates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["ChangeTemplate"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangeTemplates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    text: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangeTemplate"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangeTemplatesByTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                template: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangeTemplate"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangeTemplatesByTemplateApprovals: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                template: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    digest: string;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangeTemplate"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChanges: {
        parameters: {
            query?: {
                cursor?: number;
                limit?: number;
                patch?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                state?: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                waiting?: "me";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            approvals: number;
                            backout: string;
                            /** @enum {string} */
                            class: "normal" | "emergency";
                            closedReason: string | null;
                            /** Format: date-time */
                            expiresAt: string;
                            id: string;
                            /** @enum {string} */
                            level: "low" | "medium" | "high";
                            /** Format: date-time */
                            movedAt: string;
                            need: number;
                            number: string;
                            patch: string;
                            plan: string;
                            reason: string;
                            /** Format: date-time */
                            requestedAt: string;
                            requester: string;
                            risk: {
                                firstWaveDetects: number;
                                hosts: number;
                                irreversible: string[];
                                needsReboot: boolean;
                                pipedHosts: number;
                                restarts: string[];
                                /** @enum {string} */
                                reversibility: "downgrade" | "none";
                                rings: string[];
                            };
                            /** @enum {string} */
                            state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                            title: string;
                        }[];
                        next: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChanges: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    passkey?: components["schemas"]["PasskeyAnswer"];
                    plan: string;
                    reason: string;
                    /** @description an armoured SSH signature */
                    signature?: string;
                    template?: string;
                    title?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangesByChange: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        conflicts: {
                            change: string;
                            hosts: number;
                            href: string;
                            sentence: string;
                            /** @enum {string} */
                            state: "requested" | "approved" | "running";
                            title: string;
                        }[];
                        control: components["schemas"]["ChangeControl"];
                        /** Format: date-time */
                        expiresAt: string;
                        given: {
                            approver: string;
                            /** Format: date-time */
                            at: string;
                            isSynced: boolean;
                            /** @enum {string} */
                            keyClass: "ssh" | "sk" | "desk" | "page";
                            keyFingerprint: string;
                            plan: string;
                            signature: string;
                        }[];
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        requestSignature: {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            isSynced: boolean;
                            /** @enum {string} */
                            keyClass: "ssh" | "sk" | "desk" | "page";
                            keyFingerprint: string;
                            plan: string;
                            signature: string;
                        } | null;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        signed: {
                            digest: string;
                            hosts: number;
                            hostsWithoutUndo: number;
                            moves: {
                                arch: string;
                                from: string;
                                hosts: number;
                                name: string;
                                sha256: string;
                                to: string;
                                /** @enum {string} */
                                verb: "upgrade" | "downgrade" | "install" | "remove";
                            }[];
                            others: {
                                hosts: number;
                                step: string;
                            }[];
                            probes: {
                                hosts: number;
                                name: string;
                            }[];
                            restarts: {
                                hosts: number;
                                unit: string;
                            }[];
                            waves: {
                                hosts: number;
                                /** Format: date-time */
                                notAfter: string;
                                /** Format: date-time */
                                notBefore: string;
                                number: number;
                                ring: string;
                            }[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        statement: string;
                        title: string;
                        weaker: {
                            choice: string;
                            givesUp: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeAfterwards: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    outcome: "accepted" | "refused";
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeApprovals: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    passkey?: components["schemas"]["PasskeyAnswer"];
                    /** @description an armoured SSH signature */
                    signature?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approval: {
                            approver: string;
                            /** Format: date-time */
                            at: string;
                            isSynced: boolean;
                            /** @enum {string} */
                            keyClass: "ssh" | "sk" | "desk" | "page";
                            keyFingerprint: string;
                            plan: string;
                            signature: string;
                        };
                        change: {
                            approvals: number;
                            backout: string;
                            /** @enum {string} */
                            class: "normal" | "emergency";
                            closedReason: string | null;
                            /** Format: date-time */
                            expiresAt: string;
                            id: string;
                            /** @enum {string} */
                            level: "low" | "medium" | "high";
                            /** Format: date-time */
                            movedAt: string;
                            need: number;
                            number: string;
                            patch: string;
                            plan: string;
                            reason: string;
                            /** Format: date-time */
                            requestedAt: string;
                            requester: string;
                            risk: {
                                firstWaveDetects: number;
                                hosts: number;
                                irreversible: string[];
                                needsReboot: boolean;
                                pipedHosts: number;
                                restarts: string[];
                                /** @enum {string} */
                                reversibility: "downgrade" | "none";
                                rings: string[];
                            };
                            /** @enum {string} */
                            state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                            title: string;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeDecision: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    isVeto?: boolean;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeElevations: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 60 */
                    minutes?: number;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        /** Format: date-time */
                        askedAt: string;
                        /** @description C-<number> */
                        change: string;
                        countsFrom: string | null;
                        /** @description from this instant on it lends nothing */
                        countsUntil: string | null;
                        decidedAt: string | null;
                        decidedBy: string | null;
                        decidedWords: string | null;
                        endCause: ("expired" | "revoked" | "given-up" | "change-closed" | "replanned" | "person-disabled") | null;
                        endedAt: string | null;
                        /** @description null where nobody ended it */
                        endedBy: string | null;
                        endedWords: string | null;
                        id: string;
                        isOwn: boolean;
                        minutes: number;
                        /** @description J-<number> */
                        number: string;
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "granted" | "refused" | "ended";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangesByChangeItsm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["ItsmLink"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putChangesByChangeItsmBySystem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
                system: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    record: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ItsmLink"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeItsmBySystemRetry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
                system: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangesByChangePack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        bodies: string[];
                        change: string;
                        /** @constant */
                        format: "fettle approval pack 1";
                        leaves: string[];
                        passkeys: {
                            credential: string;
                            site: string;
                        }[];
                        statement: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangePlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    plan: string;
                    reason: string;
                    title?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangesByChangeReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description hosts whose policy lies here */
                        known: number;
                        refusing: {
                            code: string;
                            hosts: number;
                            /** @description the first few */
                            names: string[];
                            ring: string;
                            why: string;
                        }[];
                        /** @description approvers whose key hosts do not know: there their approval does not count */
                        strangers: {
                            handle: string;
                            hosts: number;
                            keyFingerprint: string;
                            /** @description the first few */
                            names: string[];
                        }[];
                        /** @description hosts whose policy their own people keep; they judge at their job */
                        unknown: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeReject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeRequestSignature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    passkey?: components["schemas"]["PasskeyAnswer"];
                    /** @description an armoured SSH signature */
                    signature?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        by: string;
                        isSynced: boolean;
                        /** @enum {string} */
                        keyClass: "ssh" | "sk" | "desk" | "page";
                        keyFingerprint: string;
                        plan: string;
                        signature: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeReview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default [] */
                    actions?: {
                        /** Format: date */
                        due: string;
                        owner: string;
                        what: string;
                    }[];
                    cause: string;
                    /** @enum {string} */
                    closure: "successful" | "successful-with-issues" | "backed-out" | "failed" | "cancelled";
                    isGoalMet: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        /** @enum {string} */
                        closure: "successful" | "successful-with-issues" | "backed-out" | "failed" | "cancelled";
                        isGoalMet: boolean;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeRisk: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                    /** @enum {string} */
                    to: "low" | "medium" | "high";
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeSignOffs: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    of?: string;
                    /** @enum {string} */
                    role: "qa" | "team" | "application";
                    words: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getChangesByChangeStatement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeVotes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    choice: "approve" | "reject" | "abstain";
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postChangesByChangeWithdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                change: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        approvals: number;
                        backout: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        closedReason: string | null;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                        /** Format: date-time */
                        movedAt: string;
                        need: number;
                        number: string;
                        patch: string;
                        plan: string;
                        reason: string;
                        /** Format: date-time */
                        requestedAt: string;
                        requester: string;
                        risk: {
                            firstWaveDetects: number;
                            hosts: number;
                            irreversible: string[];
                            needsReboot: boolean;
                            pipedHosts: number;
                            restarts: string[];
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                            rings: string[];
                        };
                        /** @enum {string} */
                        state: "requested" | "approved" | "running" | "completed" | "failed" | "backed-out" | "rejected" | "withdrawn" | "expired";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDeadlineForecast: {
        parameters: {
            query?: {
                patch?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        counts: {
                            "in-time": number;
                            "may-miss": number;
                            missed: number;
                            unknown: number;
                            "will-miss": number;
                        };
                        items: components["schemas"]["CaseForecast"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDeadlinesByAbout: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
            };
            header?: never;
            path: {
                about: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        about: {
                            href: string;
                            /** @enum {string} */
                            kind: "case" | "vulnerability" | "host" | "service";
                            label: string;
                        };
                        asOf: string | null;
                        dates: {
                            assumed: string[];
                            at: string | null;
                            /** Format: date-time */
                            clockStartedAt: string;
                            excepted: components["schemas"]["Excepted"] | null;
                            /** @enum {string} */
                            exposure: "exposed" | "internal" | "unknown";
                            inputs: {
                                isAssumed: boolean;
                                name: string;
                                text: string;
                            }[];
                            isStartAssumed: boolean;
                            needsForensicTriage: boolean;
                            note: string | null;
                            pause: {
                                /** @enum {string} */
                                mode: "resume" | "restart";
                                pausedSeconds: number;
                                since: string | null;
                                wouldBe: string | null;
                            } | null;
                            period: string;
                            preset: string;
                            presetTitle: string;
                            rule: string;
                            sentence: string;
                            /** @enum {string} */
                            startedBy: "release" | "detection" | "listing";
                            version: string;
                            vulnerability: string | null;
                        }[];
                        deadline: components["schemas"]["Deadline"] | null;
                        excepted: components["schemas"]["Excepted"] | null;
                        policy: {
                            file: string;
                            version: string;
                        };
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDebt: {
        parameters: {
            query?: {
                by?: string;
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Debt"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDeferrals: {
        parameters: {
            query?: {
                limit?: number;
                patch?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                source?: string;
                state?: "active" | "ended" | "cancelled";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["Deferral"][];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDeferrals: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    ecosystem?: string;
                    owner: string;
                    /** @description a case, or */
                    patch?: string;
                    reason: string;
                    /** @enum {string} */
                    reasonClass: "compliance-hold" | "pending-audit" | "test-backlog" | "change-freeze" | "other";
                    /** @description a source package */
                    source?: string;
                    /** Format: date-time */
                    until: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deferral"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDeferralsByDeferral: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deferral: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deferral"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDeferralsByDeferralCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deferral: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deferral"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDeferralsPreview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    ecosystem?: string;
                    /** @description a case, or */
                    patch?: string;
                    /** @description a source package */
                    source?: string;
                    /** Format: date-time */
                    until: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cost: components["schemas"]["DeferralCost"];
                        daysMax: number;
                        reasons: components["schemas"]["Word"][];
                        refusal: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDelegations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Delegation"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDelegations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: date-time */
                    endsAt: string;
                    reason: string;
                    /** Format: date-time */
                    startsAt?: string;
                    to: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delegation"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteDelegationsByDelegation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                delegation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDirectories: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Directory"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDirectories: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    handle: string;
                    title: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Directory"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getDirectoriesByDirectoryRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                directory: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["GroupRule"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDirectoriesByDirectoryRules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                directory: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    group: string;
                    /** @enum {string} */
                    role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
                    /** @default  */
                    scope?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupRule"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteDirectoriesByDirectoryRulesByRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                directory: string;
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDirectoriesByDirectoryTokens: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                directory: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 90 */
                    days?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        token: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postDirectoriesByDirectoryUsers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                directory: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    user: string;
                    userName: string;
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getElevations: {
        parameters: {
            query?: {
                change?: string;
                limit?: number;
                /** @description only those that are asked for or granted */
                open?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description whether you may ask for the named change's rights now */
                        ask: components["schemas"]["Action"] | null;
                        items: {
                            actions: components["schemas"]["Action"][];
                            /** Format: date-time */
                            askedAt: string;
                            /** @description C-<number> */
                            change: string;
                            countsFrom: string | null;
                            /** @description from this instant on it lends nothing */
                            countsUntil: string | null;
                            decidedAt: string | null;
                            decidedBy: string | null;
                            decidedWords: string | null;
                            endCause: ("expired" | "revoked" | "given-up" | "change-closed" | "replanned" | "person-disabled") | null;
                            endedAt: string | null;
                            /** @description null where nobody ended it */
                            endedBy: string | null;
                            endedWords: string | null;
                            id: string;
                            isOwn: boolean;
                            minutes: number;
                            /** @description J-<number> */
                            number: string;
                            person: string;
                            reason: string;
                            /** @enum {string} */
                            state: "asked" | "granted" | "refused" | "ended";
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getElevationsByElevation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                elevation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        /** Format: date-time */
                        askedAt: string;
                        /** @description C-<number> */
                        change: string;
                        countsFrom: string | null;
                        /** @description from this instant on it lends nothing */
                        countsUntil: string | null;
                        decidedAt: string | null;
                        decidedBy: string | null;
                        decidedWords: string | null;
                        endCause: ("expired" | "revoked" | "given-up" | "change-closed" | "replanned" | "person-disabled") | null;
                        endedAt: string | null;
                        /** @description null where nobody ended it */
                        endedBy: string | null;
                        endedWords: string | null;
                        id: string;
                        isOwn: boolean;
                        minutes: number;
                        /** @description J-<number> */
                        number: string;
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "granted" | "refused" | "ended";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postElevationsByElevationCertificate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                elevation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    host: string;
                    /** @description ssh-ed25519 AAAA… */
                    publicKey: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        address: string;
                        /** @description for a file beside the key: id_ed25519-cert.pub */
                        certificate: string;
                        host: string;
                        /** @description as sshd writes it into its log */
                        keyId: string;
                        port: number;
                        serial: number;
                        /** Format: date-time */
                        until: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postElevationsByElevationGiveUp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                elevation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        /** Format: date-time */
                        askedAt: string;
                        /** @description C-<number> */
                        change: string;
                        countsFrom: string | null;
                        /** @description from this instant on it lends nothing */
                        countsUntil: string | null;
                        decidedAt: string | null;
                        decidedBy: string | null;
                        decidedWords: string | null;
                        endCause: ("expired" | "revoked" | "given-up" | "change-closed" | "replanned" | "person-disabled") | null;
                        endedAt: string | null;
                        /** @description null where nobody ended it */
                        endedBy: string | null;
                        endedWords: string | null;
                        id: string;
                        isOwn: boolean;
                        minutes: number;
                        /** @description J-<number> */
                        number: string;
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "granted" | "refused" | "ended";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postElevationsByElevationGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                elevation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    words?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        /** Format: date-time */
                        askedAt: string;
                        /** @description C-<number> */
                        change: string;
                        countsFrom: string | null;
                        /** @description from this instant on it lends nothing */
                        countsUntil: string | null;
                        decidedAt: string | null;
                        decidedBy: string | null;
                        decidedWords: string | null;
                        endCause: ("expired" | "revoked" | "given-up" | "change-closed" | "replanned" | "person-disabled") | null;
                        endedAt: string | null;
                        /** @description null where nobody ended it */
                        endedBy: string | null;
                        endedWords: string | null;
                        id: string;
                        isOwn: boolean;
                        minutes: number;
                        /** @description J-<number> */
                        number: string;
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "granted" | "refused" | "ended";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postElevationsByElevationRefuse: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                elevation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    words: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        /** Format: date-time */
                        askedAt: string;
                        /** @description C-<number> */
                        change: string;
                        countsFrom: string | null;
                        /** @description from this instant on it lends nothing */
                        countsUntil: string | null;
                        decidedAt: string | null;
                        decidedBy: string | null;
                        decidedWords: string | null;
                        endCause: ("expired" | "revoked" | "given-up" | "change-closed" | "replanned" | "person-disabled") | null;
                        endedAt: string | null;
                        /** @description null where nobody ended it */
                        endedBy: string | null;
                        endedWords: string | null;
                        id: string;
                        isOwn: boolean;
                        minutes: number;
                        /** @description J-<number> */
                        number: string;
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "granted" | "refused" | "ended";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postElevationsByElevationRevoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                elevation: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    words: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        /** Format: date-time */
                        askedAt: string;
                        /** @description C-<number> */
                        change: string;
                        countsFrom: string | null;
                        /** @description from this instant on it lends nothing */
                        countsUntil: string | null;
                        decidedAt: string | null;
                        decidedBy: string | null;
                        decidedWords: string | null;
                        endCause: ("expired" | "revoked" | "given-up" | "change-closed" | "replanned" | "person-disabled") | null;
                        endedAt: string | null;
                        /** @description null where nobody ended it */
                        endedBy: string | null;
                        endedWords: string | null;
                        id: string;
                        isOwn: boolean;
                        minutes: number;
                        /** @description J-<number> */
                        number: string;
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "granted" | "refused" | "ended";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getEntrance: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hasPasskeys: boolean;
                        isSetupOpen: boolean;
                        providers: {
                            name: string;
                            title: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postEntrance: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    handle: string;
                    /** @constant */
                    kind: "setup";
                    name: string;
                    password?: string;
                    secret: string;
                } | {
                    /** @constant */
                    kind: "setup-link";
                    secret: string;
                } | {
                    invite: string;
                    /** @constant */
                    kind: "invitation";
                    password?: string;
                } | {
                    codes: string[];
                    handle: string;
                    /** @constant */
                    kind: "recovery";
                    secret: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignIn"] | {
                        /** Format: date-time */
                        expiresAt: string;
                        /** @constant */
                        kind: "link";
                        path: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            403: components["responses"]["forbidden"];
            429: components["responses"]["rate-limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getErasures: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: {
                            actions: components["schemas"]["Action"][];
                            /** Format: date-time */
                            askedAt: string;
                            askedBy: string;
                            handle: string;
                            hold: string | null;
                            reason: string;
                            subject: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getEventSinks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["EventSink"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postEventSinksBySinkRewind: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sink: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    from: number;
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postEventSinksBySinkTest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sink: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        index: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getEvents: {
        parameters: {
            query?: {
                from?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getExceptions: {
        parameters: {
            query?: {
                limit?: number;
                patch?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                source?: string;
                state?: "requested" | "approved" | "expired" | "revoked" | "ended" | "refused" | "withdrawn";
                vulnerability?: string;
                waiting?: "me";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        counts: {
                            approved: number;
                            ended: number;
                            expired: number;
                            refused: number;
                            requested: number;
                            revoked: number;
                            withdrawn: number;
                        };
                        items: components["schemas"]["Exception"][];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postExceptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    control: string;
                    /** @description key=value that its hosts carry */
                    controlLabel?: string;
                    ecosystem?: string;
                    /**
                     * Format: uri
                     * @description where the control can be checked, an https address
                     */
                    evidence: string;
                    /** @description by name or id */
                    hosts?: string[];
                    owner: string;
                    patch?: string;
                    reason: string;
                    /** @enum {string} */
                    reasonClass: "conflict" | "legacy" | "vendor-prohibition" | "no-fix" | "other";
                    /** @description a label expression; the empty one is all */
                    selector?: string;
                    /** @description by name or id, for what they contain */
                    services?: string[];
                    source?: string;
                    /** Format: date-time */
                    until: string;
                    vulnerability?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exception"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getExceptionsByException: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exception: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        assumed: {
                            exploited: string[];
                            fixable: string[];
                            hosts: number;
                            isExposed: boolean;
                        };
                        broken: string | null;
                        exception: components["schemas"]["Exception"];
                        now: {
                            exploited: string[];
                            fixable: string[];
                            hosts: number;
                            isExposed: boolean;
                            withoutControl: number;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postExceptionsByExceptionApprove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exception: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exception"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postExceptionsByExceptionRefuse: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exception: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exception"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postExceptionsByExceptionRenew: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exception: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    control?: string;
                    /**
                     * Format: uri
                     * @description where the control can be checked, an https address
                     */
                    evidence?: string;
                    owner?: string;
                    reason: string;
                    /** Format: date-time */
                    until: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exception"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postExceptionsByExceptionRevoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exception: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exception"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postExceptionsByExceptionWithdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                exception: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exception"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postExceptionsPreview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description key=value that its hosts carry */
                    controlLabel?: string;
                    ecosystem?: string;
                    /** @description by name or id */
                    hosts?: string[];
                    /** @description a label expression; the empty one is all */
                    selector?: string;
                    /** @description by name or id, for what they contain */
                    services?: string[];
                    source?: string;
                    vulnerability?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        facts: {
                            exploited: string[];
                            fixable: string[];
                            hosts: number;
                            isExposed: boolean;
                            withoutControl: number;
                        };
                        limits: {
                            daysMax: number;
                            /** Format: date-time */
                            latestUntil: string;
                            refusal: string | null;
                            renewal: number;
                            renewalsMax: number;
                            renews: string | null;
                            sentences: string[];
                        };
                        reasons: components["schemas"]["Word"][];
                        vulnerabilities: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getExplain: {
        parameters: {
            query: {
                host: string;
                patch: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        holds: {
                            text: string;
                            why: string;
                        }[];
                        host: string;
                        patch: string;
                        rollout: string | null;
                        sentence: string;
                        /** @enum {string} */
                        stage: "rollout" | "change" | "plan" | "case";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getExposureAges: {
        parameters: {
            query?: {
                by?: string;
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        all: components["schemas"]["ExposureAges"];
                        /** @description RFC 3339 in UTC */
                        asOf: string;
                        by: string;
                        /** @description those known to be exploited */
                        exploited: components["schemas"]["ExposureAges"];
                        groups: {
                            /** @description ended without a change of the host */
                            endedOtherwise: number;
                            label: string;
                            /** @description ended within the days because the host was changed */
                            mended: components["schemas"]["AgeSums"];
                            name: string | null;
                            /** @description those that last, by their age now */
                            open: components["schemas"]["AgeSums"];
                        }[];
                        labels: string[];
                        sentence: string;
                        severities: {
                            /** @description ended without a change of the host */
                            endedOtherwise: number;
                            label: string;
                            /** @description ended within the days because the host was changed */
                            mended: components["schemas"]["AgeSums"];
                            name: string | null;
                            /** @description those that last, by their age now */
                            open: components["schemas"]["AgeSums"];
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getExposureIntervals: {
        parameters: {
            query?: {
                cursor?: string;
                host?: string;
                limit?: number;
                vulnerability?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description of all of them, whatever page is asked for, over 90 days */
                        ages: components["schemas"]["ExposureAges"];
                        /** @description RFC 3339 in UTC */
                        asOf: string;
                        items: {
                            host: {
                                href: string;
                                id: string;
                                name: string;
                            };
                            href: string;
                            /** @description none where it never counted there */
                            intervals: {
                                days: number;
                                ended: ("changed" | "not-said" | "set-aside" | "host-gone") | null;
                                /** @description RFC 3339 in UTC */
                                from: string;
                                /** @description why it ended, or that it lasts */
                                label: string;
                                /** @description null while it lasts */
                                to: string | null;
                                tone: string;
                            }[];
                            sources: string[];
                            vulnerability: string;
                        }[];
                        next: string | null;
                        sentence: string;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFeedBundle: {
        parameters: {
            query?: {
                /** @description names separated by commas; absent: all */
                sources?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postFeedBundle: {
        parameters: {
            query?: {
                /** @description take one that is older than the last */
                acceptOlder?: "true" | "false";
                /** @description public key whose bundles are believed now */
                trust?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        isNewSigner: boolean;
                        items: {
                            addedCount: number | null;
                            endedCount: number | null;
                            entryCount: number | null;
                            feed: string;
                            /** @enum {string} */
                            kind: "loaded" | "unchanged" | "refused" | "current" | "unavailable";
                            message: string;
                            problemCount: number | null;
                            source: string;
                        }[];
                        /** @description RFC 3339 in UTC */
                        madeAt: string;
                        origin: string;
                        /** @description fingerprint of the key that signed it */
                        signer: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFeedSources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["FeedSource"][];
                        kinds: {
                            kind: string;
                            licence: string;
                            limit: string;
                            parameter: {
                                values: string[];
                                what: string;
                            } | null;
                            title: string;
                            /** @description {} stands for the parameter; null: the operator gives one */
                            url: string | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postFeedSources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description PEM certificates of an authority of your own, for your own addresses; empty: none */
                    authority?: string;
                    /**
                     * @default on
                     * @enum {string}
                     */
                    choice?: "on" | "off" | "automatic";
                    /** @description name of a file in the folder `secrets` of the server's state */
                    secretFile?: string;
                    source: string;
                    /** @description own address, then mirrors; empty: the catalogue's; absent: as they are */
                    urls?: string[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeedSource"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFeedSourcesBySource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeedSource"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postFeedSourcesRefresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default [] */
                    sources?: string[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            addedCount: number | null;
                            endedCount: number | null;
                            entryCount: number | null;
                            feed: string;
                            /** @enum {string} */
                            kind: "loaded" | "unchanged" | "refused" | "current" | "unavailable";
                            message: string;
                            problemCount: number | null;
                            source: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFeeds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: {
                            asOf: string | null;
                            confirmedAt: string | null;
                            ecosystems: string[];
                            entryCount: number;
                            failedAt: string | null;
                            /** @description why the last attempt did not succeed */
                            failure: string | null;
                            generation: string | null;
                            isComplete: boolean;
                            /** @description what must be known when relying on it; empty when nothing */
                            label: string;
                            licence: string;
                            loadedAt: string | null;
                            name: string;
                            origin: ("starter" | "file" | "network") | null;
                            problemCount: number;
                            problems: {
                                place: string;
                                reason: string;
                            }[];
                            /** @enum {string} */
                            state: "fresh" | "stale" | "never-loaded";
                            /** @description why it is stale; empty otherwise */
                            why: string;
                        }[];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postFeedsLoad: {
        parameters: {
            query?: {
                /** @description take over what the shrink guard would refuse */
                acceptShrink?: "true" | "false";
                /** @description when the file was made, where it does not say */
                asOf?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @constant */
                    network: true;
                };
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            addedCount?: number;
                            endedCount?: number;
                            entryCount?: number;
                            feed: string;
                            generation?: string;
                            /** @enum {string} */
                            kind: "loaded" | "unchanged" | "refused" | "current" | "unavailable";
                            message: string;
                            problemCount?: number;
                            problems?: {
                                place: string;
                                reason: string;
                            }[];
                            /** @description where it came from, when the publishers were asked */
                            source?: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFindings: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
                cursor?: string;
                /** @description only what is set aside, which is else left out */
                filtered?: "true" | "false";
                /** @description csv: the whole list as a file, as with Accept: text/csv; limit has no effect then. */
                format?: "json" | "csv";
                group?: "vulnerability" | "source" | "host";
                kev?: "true" | "false";
                limit?: number;
                /** @description tell what runs of it: not running, not loaded, and so on */
                runtime?: "true" | "false";
                search?: string;
                /** @description only what this service contains and the hosts that run it have */
                service?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                state?: "affected-fix-available" | "affected-no-fix" | "fix-deferred" | "will-not-fix" | "end-of-life" | "under-investigation" | "unknown-coverage";
                /** @description only services and hosts of this team (of hosts label team, or owner) */
                team?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description the past moment that it tells of; null for now */
                        asOf: string | null;
                        /** @description above 0 the list is not final */
                        backlogCount: number;
                        coverage: {
                            /** @description null of a past moment: it is known of now only */
                            coveredCount: number | null;
                            hostCount: number;
                            unknown: {
                                ecosystem: string;
                                packageCount: number;
                                reason: string;
                                text: string;
                            }[];
                            unknownHostCount: number;
                        };
                        /** @description vulnerabilities that are set aside on some host */
                        filteredCount: number;
                        items: {
                            cvss: number | null;
                            epss: number | null;
                            hostCount: number;
                            /** @description the vulnerability, `<ecosystem> <source>`, or the host's name */
                            key: string;
                            knownExploitedCount: number;
                            /** @description hosts on which the runtime policy lowers all of it */
                            loweredHostCount: number;
                            packageCount: number;
                            /** @description hosts on which the running system speaks against it; null where not asked for */
                            runtime: {
                                hostCount: number;
                                kind: string;
                                label: string;
                            }[] | null;
                            /** @description services whose own components have it */
                            serviceCount: number;
                            /** @description RFC 3339 in UTC */
                            since: string;
                            sources: {
                                ecosystem: string;
                                fixedVersions: string[];
                                source: string;
                            }[];
                            states: string[];
                            /** @description of a host, the team that its labels name; else null */
                            team: string | null;
                            title: string;
                            /** @description of a host the 100 most urgent; /api/v1/hosts/{host}/findings lists all */
                            vulnerabilities: string[];
                            vulnerabilityCount: number;
                        }[];
                        /** @description how far back the past is known */
                        knownSince: string | null;
                        next: string | null;
                        /** @description why an empty list of the past means nothing */
                        nothingKnown: string | null;
                        /** @description hosts whose running system was not asked, as too many are unlike others */
                        runtimeLeftOutCount: number | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFindingsByVulnerability: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
            };
            header?: never;
            path: {
                vulnerability: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description the past moment that it tells of; null for now */
                        asOf: string | null;
                        filters: {
                            filter: components["schemas"]["Filter"];
                            hostCount: number;
                        }[];
                        hasMoreHosts: boolean;
                        hosts: {
                            id: string;
                            name: string;
                        }[];
                        /** @description how far back the past is known */
                        knownSince: string | null;
                        packages: {
                            arch: string;
                            because: {
                                advisory: string;
                                comparedWith: string | null;
                                comparison: string;
                                feed: string;
                                generation: string;
                                installed: string;
                                packageName: string;
                                rule: string;
                                text: string;
                            };
                            ecosystem: string;
                            /** @description hosts that have it too, where it is set aside */
                            filteredHostCount: number;
                            fixedVersion: string | null;
                            hostCount: number;
                            name: string;
                            source: string;
                            state: string;
                            version: string;
                        }[];
                        /** @description hosts whose running system was not asked, as too many are unlike others */
                        runtimeLeftOutCount: number;
                        vulnerability: {
                            cvss: {
                                score: number;
                                source: string;
                                vector: string;
                                version: string;
                            }[];
                            epss: {
                                percentile: number;
                                score: number;
                            } | null;
                            id: string;
                            kev: {
                                /** @description RFC 3339 in UTC */
                                addedAt: string;
                                dueAt: string | null;
                                isRansomware: boolean;
                            } | null;
                            publishedAt: string | null;
                            ssvc: {
                                exploitation: string;
                                isAutomatable: boolean;
                                technicalImpact: string;
                            } | null;
                            status: string;
                            title: string;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFindingsByVulnerabilityServices: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vulnerability: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description its own components that have it */
                            components: {
                                ecosystem: string;
                                /** @description what is said of it there, or sets it aside */
                                filter: components["schemas"]["Filter"] | null;
                                fixedVersion: string | null;
                                name: string;
                                /** @description how it got in, at most five */
                                paths: string[];
                                /** @description the version that mends it; null where none is known */
                                remedy: string | null;
                                version: string;
                            }[];
                            href: string;
                            id: string;
                            /** @description false where all of it is set aside */
                            isOpen: boolean;
                            name: string;
                            team: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFindingsTrend: {
        parameters: {
            query?: {
                days?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description RFC 3339 in UTC */
                        asOf: string;
                        counts: string;
                        days: components["schemas"]["FindingDay"][];
                        /** @description how far back anything is known */
                        knownSince: string | null;
                        sentence: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFixFirst: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
                /** @description only what clears a known exploited one */
                exploited?: "true";
                /** @description csv: the whole list as a file, as with Accept: text/csv; limit has no effect then. */
                format?: "json" | "csv";
                /** @description only these hosts, with commas between them */
                hosts?: string;
                /** @description only hosts of this label expression */
                label?: string;
                limit?: number;
                /** @description part of a source or of a vulnerability */
                q?: string;
                /** @description only hosts that run this service */
                runs?: string;
                /** @description only what this service contains */
                service?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                /** @description only hosts of this team (label team, or owner) */
                team?: string;
                vulnerability?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        asOf: string | null;
                        items: components["schemas"]["FixFirstItem"][];
                        offered: {
                            clearable: number;
                            exploited: number;
                            findings: number;
                            updates: number;
                        };
                        total: number;
                        uncleared: {
                            exploited: number;
                            findings: number;
                            label: string;
                            /** @enum {string} */
                            remedy: "fixed-upstream-not-offered" | "no-fix";
                            share: number;
                            sources: number;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFixFirstPreview: {
        parameters: {
            query: {
                ecosystem?: string;
                /** @description only these hosts, with commas between them */
                hosts?: string;
                /** @description only hosts of this label expression */
                label?: string;
                /** @description only hosts that run this service */
                runs?: string;
                source: string;
                /** @description only hosts of this team (label team, or owner) */
                team?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpdatePreview"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFreezes: {
        parameters: {
            query?: {
                all?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["Freeze"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postFreezes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: date-time */
                    endsAt: string;
                    /** @description a label expression, or all */
                    hosts: string;
                    name: string;
                    /** @default false */
                    passesEmergency?: boolean;
                    reason: string;
                    /** Format: date-time */
                    startsAt?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Freeze"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getFreezesByFreeze: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                freeze: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Freeze"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postFreezesByFreezeLift: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                freeze: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Freeze"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHalts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: {
                            actions: components["schemas"]["Action"][];
                            /** @description who asked to lift it, where nobody agreed yet */
                            asked: {
                                at: string;
                                by: string;
                                /** @description what is missing, as a sentence */
                                needs: string;
                                words: string;
                            } | null;
                            isFrozen: boolean;
                            scope: string;
                            since: string | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHalts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    freeze?: boolean;
                    reason: string;
                    scope: string;
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHaltsLift: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                    scope: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        isLifted: boolean;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHaltsLiftAgreement: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                    scope: string;
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        address: {
                            host: string;
                            port: number;
                            serverName: string;
                        };
                        asOf: string;
                        database: {
                            bytes: number;
                            isEmbedded: boolean;
                            mayChangeLog: boolean;
                            missing: string[];
                            now: string;
                            unknown: string[];
                            unsafe: string[];
                            version: string;
                        };
                        hosts: {
                            enrolled: number;
                            policyBehind: string[];
                        };
                        ledger: {
                            readOnly: string | null;
                            size: number;
                            waiting: number;
                        };
                        node: string;
                        program: string;
                        sources: {
                            pinned: number;
                            refused: string[];
                            unreached: string[];
                        };
                        state: {
                            folder: string;
                            freeBytes: number;
                            isLow: boolean;
                            loose: {
                                mode: string;
                                path: string;
                            }[];
                        };
                        uptimeSeconds: number;
                        waitingSince: {
                            ledger: string | null;
                            rollouts: string | null;
                            scans: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHostKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    address: string;
                    /** @default 22 */
                    port?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            fingerprint: string;
                            line: string;
                            type: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostPolicies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostPolicyChain"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHostPolicies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    policy: string;
                    /** @description the policy before it, to which the old roots belong */
                    previous: string;
                    signatures: {
                        name: string;
                        /**
                         * @description by the policy before it, or by its own roots
                         * @enum {string}
                         */
                        side: "old" | "new";
                        /** @description an armoured SSH signature, fettle-policy-v1 */
                        signature: string;
                    }[];
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hosts: number;
                        version: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHostPoliciesRetelling: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hosts: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostTrustKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        dispatcher: {
                            fingerprint: string;
                            /** @description as it stands in a host's policy */
                            line: string;
                            name: string;
                        };
                        log: {
                            fingerprint: string;
                            /** @description as it stands in a host's policy */
                            line: string;
                            name: string;
                        };
                        tenant: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHosts: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description csv: the whole list as a file, as with Accept: text/csv; limit has no effect then. */
                format?: "json" | "csv";
                fresh?: string;
                /** @description label expression such as env=prod,ring!=canary */
                label?: string;
                limit?: number;
                /** @description part of a name, an address or a label */
                q?: string;
                reach?: string;
                reboot?: string;
                risk?: string;
                /** @description the same as `label`; both must hold */
                selector?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        facets: components["schemas"]["HostFacets"];
                        items: components["schemas"]["ShownHost"][];
                        next: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHosts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    labels?: {
                        [key: string]: string;
                    };
                    /**
                     * @default managed
                     * @enum {string}
                     */
                    mode?: "managed" | "inspect-only";
                    name: string;
                    way: {
                        /** @constant */
                        kind: "local";
                    } | {
                        address: string;
                        byCertificate?: boolean;
                        /** @default [] */
                        fingerprints?: string[];
                        /** @default [] */
                        hostKeys?: string[];
                        /** @default null */
                        identityFile?: string | null;
                        /** @constant */
                        kind: "ssh";
                        /** @default  */
                        knownHosts?: string;
                        /** @default 22 */
                        port?: number;
                        /**
                         * @default piped
                         * @enum {string}
                         */
                        program?: "piped" | "installed";
                        /** @default root */
                        user?: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        facts: components["schemas"]["HostFacts"] | null;
                        host: components["schemas"]["ShownHost"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteHostsByHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    patchHostsByHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    labels?: {
                        [key: string]: string | null;
                    };
                    /** @enum {string} */
                    mode?: "managed" | "inspect-only";
                    way?: {
                        /** @constant */
                        kind: "local";
                    } | {
                        address: string;
                        byCertificate?: boolean;
                        /** @default [] */
                        fingerprints?: string[];
                        /** @default [] */
                        hostKeys?: string[];
                        /** @default null */
                        identityFile?: string | null;
                        /** @constant */
                        kind: "ssh";
                        /** @default  */
                        knownHosts?: string;
                        /** @default 22 */
                        port?: number;
                        /**
                         * @default piped
                         * @enum {string}
                         */
                        program?: "piped" | "installed";
                        /** @default root */
                        user?: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Host"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHostsByHostEnrolment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    acceptsNewKey?: boolean;
                    rings: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        enrolment: {
                            enrolledAt: string;
                            key: string;
                            policyDigest: string | null;
                            policyVersion: number;
                            ring: string;
                            /** @enum {string} */
                            way: "piped" | "installed" | "agent";
                        };
                        fingerprint: string;
                        weakens: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHostsByHostEnrolmentConfirmation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    fingerprint: string;
                    ring: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        enrolment: {
                            enrolledAt: string;
                            key: string;
                            policyDigest: string | null;
                            policyVersion: number;
                            ring: string;
                            /** @enum {string} */
                            way: "piped" | "installed" | "agent";
                        };
                        fingerprint: string;
                        weakens: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostFindings: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
                exploited?: "true" | "false";
                limit?: number;
                q?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
            };
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        asOf: string | null;
                        isMatching: boolean;
                        items: components["schemas"]["HostFinding"][];
                        knownSince: string | null;
                        notKnown: string[];
                        /** @description rows that the running system speaks against; they count all the same */
                        runtimeCount: number;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostMissed: {
        parameters: {
            query?: {
                limit?: number;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
            };
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["MissedRollout"][];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostNextWindow: {
        parameters: {
            query?: {
                at?: string;
                class?: "normal" | "emergency";
            };
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        closesAt: string | null;
                        entries: components["schemas"]["CalendarEntry"][];
                        host: string;
                        isOpen: boolean;
                        /** Format: date-time */
                        lookedUntil: string;
                        opensAt: string | null;
                        reasons: {
                            text: string;
                            why: string;
                        }[];
                        sentence: string;
                        told: string[];
                        windows: string[];
                        zone: {
                            /** @enum {string} */
                            from: "label" | "host" | "calendar";
                            name: string;
                            unknown: string | null;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostOffers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            arch: string;
                            component: string;
                            name: string;
                            origin: string;
                            sha256: string;
                            sizeBytes: number;
                            source: string;
                            sourceVersion: string;
                            suite: string;
                            version: string;
                        }[] | null;
                        offerSet: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostPackages: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            arch: string;
                            ecosystem: string;
                            name: string;
                            source: string;
                            sourceVersion: string;
                            version: string;
                        }[] | null;
                        packageSet: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostRuntime: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostRuntime"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        enrolment: {
                            enrolledAt: string;
                            key: string;
                            policyDigest: string | null;
                            policyVersion: number;
                            ring: string;
                            /** @enum {string} */
                            way: "piped" | "installed" | "agent";
                        } | null;
                        fingerprint: string | null;
                        host: string | null;
                        isHalted: boolean;
                        job: string | null;
                        policyVersion: number | null;
                        program: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostTimeline: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["TimelineEntry"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHostsByHostTrust: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    frame: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        answers: {
                            code: string | null;
                            what: string;
                            why: string | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHostsByHostWaysIn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WaysIn"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postHostsImport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    format: "csv" | "ansible-ini" | "ansible-yaml";
                    /** @default null */
                    identityFile?: string | null;
                    /** @default  */
                    knownHosts?: string;
                    labels?: {
                        [key: string]: string;
                    };
                    /**
                     * @default managed
                     * @enum {string}
                     */
                    mode?: "managed" | "inspect-only";
                    /**
                     * @default piped
                     * @enum {string}
                     */
                    program?: "piped" | "installed";
                    /**
                     * @default preview
                     * @enum {string}
                     */
                    purpose?: "preview" | "apply";
                    text: string;
                    /** @default root */
                    user?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        added: number;
                        hosts: {
                            isNew: boolean;
                            labels: {
                                [key: string]: string;
                            };
                            /** @enum {string} */
                            mode: "managed" | "inspect-only";
                            name: string;
                        }[];
                        problems: {
                            host: string | null;
                            line: number | null;
                            message: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getItsm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ItsmSystem"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putItsmBySystem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                system: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description certificates as PEM
                     * @default null
                     */
                    authority?: string | null;
                    /** @enum {string} */
                    kind: "webhook" | "servicenow" | "jira";
                    /**
                     * @description the key of signed reports
                     * @default null
                     */
                    reportFile?: string | null;
                    /** @description a file with the account or key, below the server's secrets */
                    secretFile: string;
                    /** @default {} */
                    settings?: {
                        [key: string]: unknown;
                    };
                    /** Format: uri */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItsmSystem"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteItsmBySystem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                system: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postItsmBySystemReports: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                system: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description webhook-id of the Standard Webhooks specification */
                    id: string;
                    /** @description a JSON document with change and state */
                    payload: string;
                    /** @description webhook-signature over id, time and payload */
                    signature: string;
                    /** @description webhook-timestamp, in seconds */
                    timestamp: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description false: it tells nothing new */
                        taken: boolean;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postItsmBySystemTest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                system: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        said: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getKeys: {
        parameters: {
            query?: {
                user?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ApproverKey"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    line: string;
                    /** @default ssh key */
                    title?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApproverKey"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteKeysByKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postKeysPasskeyChallenges: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        challenge: string;
                        known: string[];
                        rpId: string;
                        user: {
                            id: string;
                            name: string;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postKeysPasskeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description attestationObject, base64url */
                    attestation: string;
                    /** @description clientDataJSON, base64url */
                    clientData: string;
                    credential: string;
                    /** @default passkey */
                    title?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApproverKey"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getKnownIssues: {
        parameters: {
            query?: {
                limit?: number;
                patch?: string;
                q?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                state?: "draft" | "published" | "withdrawn";
                subject?: string;
                vulnerability?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["KnownIssue"][];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postKnownIssues: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description which versions, in words */
                    affected: string;
                    /**
                     * @default everybody
                     * @enum {string}
                     */
                    audience?: "operations" | "everybody";
                    /** @default null */
                    ecosystem?: string | null;
                    /** @default null */
                    patch?: string | null;
                    /** @description a source package or a service */
                    subject: string;
                    title: string;
                    /** @default [] */
                    vulnerabilities?: string[];
                    /** @description Markdown, shown as text */
                    workaround: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnownIssue"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getKnownIssuesByIssue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                issue: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        issue: components["schemas"]["KnownIssue"];
                        revisions: components["schemas"]["KnownIssueRevision"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    patchKnownIssuesByIssue: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                issue: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description which versions, in words */
                    affected?: string;
                    /** @enum {string} */
                    audience?: "operations" | "everybody";
                    ecosystem?: string | null;
                    patch?: string | null;
                    /** @description the one that was edited */
                    revision: number;
                    /** @description a source package or a service */
                    subject?: string;
                    title?: string;
                    vulnerabilities?: string[];
                    /** @description Markdown, shown as text */
                    workaround?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnownIssue"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postKnownIssuesByIssuePublish: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                issue: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnownIssue"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postKnownIssuesByIssueWithdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                issue: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnownIssue"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getKnownIssuesFeedAtom: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/atom+xml": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postLogout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        there: {
                            binding: string;
                            url: string;
                        } | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        grants: {
                            permissions: ("host.read" | "host.manage" | "host.scan" | "service.read" | "service.edit" | "service.publish" | "feed.read" | "feed.load" | "finding.read" | "support.decide" | "vex.load" | "vex.trust" | "patch.read" | "patch.edit" | "triage.vote" | "exception.read" | "exception.request" | "exception.approve" | "issue.read" | "issue.edit" | "calendar.read" | "calendar.freeze" | "plan.read" | "plan.create" | "change.read" | "change.request" | "change.vote" | "change.approve" | "rollout.read" | "rollout.operate" | "rollout.halt" | "audit.read" | "audit.export" | "metrics.read" | "policy.read" | "policy.apply" | "user.read" | "user.manage")[];
                            /** @enum {string} */
                            role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
                            scope: string;
                        }[];
                        handle: string;
                        /** @enum {string} */
                        kind: "person" | "system";
                        proof: {
                            /** Format: date-time */
                            at: string;
                            /** @enum {string} */
                            strength: "one" | "two";
                        } | null;
                        subject: string;
                        /** @enum {string} */
                        via: "session" | "token" | "system";
                        ways: ("password" | "code" | "passkey" | "provider")[];
                        withheld: {
                            permissions: ("host.read" | "host.manage" | "host.scan" | "service.read" | "service.edit" | "service.publish" | "feed.read" | "feed.load" | "finding.read" | "support.decide" | "vex.load" | "vex.trust" | "patch.read" | "patch.edit" | "triage.vote" | "exception.read" | "exception.request" | "exception.approve" | "issue.read" | "issue.edit" | "calendar.read" | "calendar.freeze" | "plan.read" | "plan.create" | "change.read" | "change.request" | "change.vote" | "change.approve" | "rollout.read" | "rollout.operate" | "rollout.halt" | "audit.read" | "audit.export" | "metrics.read" | "policy.read" | "policy.apply" | "user.read" | "user.manage")[];
                            reason: string;
                        } | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMeCodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        secret: string;
                        uri: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteMeCodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMeCodesConfirm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    code: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recoveryCodes: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["conflict"];
            429: components["responses"]["rate-limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMeCodesRecovery: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        recoveryCodes: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getMeFactors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hasCodes: boolean;
                        passkeys: components["schemas"]["Passkey"][];
                        recoveryCodesLeft: number;
                        whyNoPasskeys: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMePasskeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    response: {
                        /** @enum {string} */
                        authenticatorAttachment?: "platform" | "cross-platform";
                        clientExtensionResults: {
                            [key: string]: unknown;
                        };
                        id: string;
                        rawId: string;
                        response: {
                            attestationObject: string;
                            authenticatorData?: string;
                            clientDataJSON: string;
                            publicKey?: string;
                            publicKeyAlgorithm?: number;
                            transports?: ("ble" | "cable" | "hybrid" | "internal" | "nfc" | "smart-card" | "usb")[];
                        };
                        /** @constant */
                        type: "public-key";
                    };
                    title: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Passkey"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteMePasskeysByPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                passkey: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMePasskeysOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        options: {
                            [key: string]: unknown;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putMePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    current?: string;
                    next: string;
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            429: components["responses"]["rate-limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMeProof: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    code?: string;
                    password: string;
                } | {
                    passkey: {
                        /** @enum {string} */
                        authenticatorAttachment?: "platform" | "cross-platform";
                        clientExtensionResults: {
                            [key: string]: unknown;
                        };
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @constant */
                        type: "public-key";
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        strength: "one" | "two";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            429: components["responses"]["rate-limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMeProofOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        options: {
                            [key: string]: unknown;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMeProviders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    provider: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        binding: string;
                        url: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMeRecoveryShare: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        code: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getMetricSources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description whose certificates are believed for it beside the system's */
                            authorities: {
                                fingerprint: string;
                                name: string;
                            }[];
                            changedAt: string;
                            hasToken: boolean;
                            name: string;
                            url: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putMetricSourcesBySource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description certificates as PEM
                     * @default null
                     */
                    authority?: string | null;
                    /**
                     * @description a file that holds the bearer token, below the server's secrets
                     * @default null
                     */
                    secretFile?: string | null;
                    /** Format: uri */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description whose certificates are believed for it beside the system's */
                        authorities: {
                            fingerprint: string;
                            name: string;
                        }[];
                        changedAt: string;
                        hasToken: boolean;
                        name: string;
                        url: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteMetricSourcesBySource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postMetricSourcesBySourceQuery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                source: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    query: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        count: number;
                        /** @description why there is no data */
                        problem: string | null;
                        /** @description the first of them */
                        series: {
                            labels: {
                                [key: string]: string;
                            };
                            value: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getOverview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getOverviewPast: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        asOf: string;
                        knownSince: string | null;
                        verdict: {
                            parts: {
                                href: string | null;
                                text: string;
                            }[];
                            /** @enum {string} */
                            tone: "good" | "attention" | "bad" | "unknown";
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPackageSources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: {
                            assessment: {
                                assessedAt: string;
                                assessedBy: string;
                                /** @enum {string} */
                                kind: "distribution" | "vendor" | "third-party" | "community";
                                reason: string;
                                /** @enum {string} */
                                trust: "trusted" | "blocked";
                            } | null;
                            /** @description `-` where a host could not read its lists */
                            components: string[];
                            /** @description what is to be minded, in words */
                            concern: string | null;
                            hosts: number;
                            /** @description the keys by which the server verifies it itself, and its last look */
                            key: {
                                check: {
                                    because: string | null;
                                    checkedAt: string;
                                    /** @description of the newest index that was verified */
                                    dated: string | null;
                                    /** @description of the index whose lists those are */
                                    listedDated: string | null;
                                    /** @description lists of packages that were read by their digests in the signed index */
                                    lists: {
                                        /** @description of which packages; null: of all */
                                        arch: string | null;
                                        entries: number;
                                        path: string;
                                        sha256: string;
                                    }[];
                                    signedBy: string | null;
                                    /** @enum {string} */
                                    state: "verified" | "refused" | "unreached";
                                    /** @description why those of the newest were not read */
                                    unlisted: string | null;
                                    validUntil: string | null;
                                } | null;
                                fingerprints: string[];
                                /** @enum {string} */
                                form: "deb" | "rpm";
                                pinnedAt: string;
                                pinnedBy: string;
                                reason: string;
                            } | null;
                            suite: string;
                            /** @description hosts that take from it what nobody signed */
                            unauthenticatedHosts: number;
                            /** @description hosts that do not say that its index must be signed there (rpm: `repo_gpgcheck`) */
                            unsignedIndexHosts: number;
                            uri: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putPackageSourcesAssessment: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    kind: "distribution" | "vendor" | "third-party" | "community";
                    reason: string;
                    suite: string;
                    /** @enum {string} */
                    trust: "trusted" | "blocked";
                    uri: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        assessment: {
                            assessedAt: string;
                            assessedBy: string;
                            /** @enum {string} */
                            kind: "distribution" | "vendor" | "third-party" | "community";
                            reason: string;
                            /** @enum {string} */
                            trust: "trusted" | "blocked";
                        } | null;
                        /** @description `-` where a host could not read its lists */
                        components: string[];
                        /** @description what is to be minded, in words */
                        concern: string | null;
                        hosts: number;
                        /** @description the keys by which the server verifies it itself, and its last look */
                        key: {
                            check: {
                                because: string | null;
                                checkedAt: string;
                                /** @description of the newest index that was verified */
                                dated: string | null;
                                /** @description of the index whose lists those are */
                                listedDated: string | null;
                                /** @description lists of packages that were read by their digests in the signed index */
                                lists: {
                                    /** @description of which packages; null: of all */
                                    arch: string | null;
                                    entries: number;
                                    path: string;
                                    sha256: string;
                                }[];
                                signedBy: string | null;
                                /** @enum {string} */
                                state: "verified" | "refused" | "unreached";
                                /** @description why those of the newest were not read */
                                unlisted: string | null;
                                validUntil: string | null;
                            } | null;
                            fingerprints: string[];
                            /** @enum {string} */
                            form: "deb" | "rpm";
                            pinnedAt: string;
                            pinnedBy: string;
                            reason: string;
                        } | null;
                        suite: string;
                        /** @description hosts that take from it what nobody signed */
                        unauthenticatedHosts: number;
                        /** @description hosts that do not say that its index must be signed there (rpm: `repo_gpgcheck`) */
                        unsignedIndexHosts: number;
                        uri: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPackageSourcesCheck: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description the index itself, where the server has no way to the source */
                    given: {
                        /** @description repomd.xml.asc; null with InRelease */
                        signature: string | null;
                        /**
                         * Format: base64
                         * @description InRelease, or repomd.xml
                         */
                        signed: string;
                    } | null;
                    suite: string;
                    uri: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        assessment: {
                            assessedAt: string;
                            assessedBy: string;
                            /** @enum {string} */
                            kind: "distribution" | "vendor" | "third-party" | "community";
                            reason: string;
                            /** @enum {string} */
                            trust: "trusted" | "blocked";
                        } | null;
                        /** @description `-` where a host could not read its lists */
                        components: string[];
                        /** @description what is to be minded, in words */
                        concern: string | null;
                        hosts: number;
                        /** @description the keys by which the server verifies it itself, and its last look */
                        key: {
                            check: {
                                because: string | null;
                                checkedAt: string;
                                /** @description of the newest index that was verified */
                                dated: string | null;
                                /** @description of the index whose lists those are */
                                listedDated: string | null;
                                /** @description lists of packages that were read by their digests in the signed index */
                                lists: {
                                    /** @description of which packages; null: of all */
                                    arch: string | null;
                                    entries: number;
                                    path: string;
                                    sha256: string;
                                }[];
                                signedBy: string | null;
                                /** @enum {string} */
                                state: "verified" | "refused" | "unreached";
                                /** @description why those of the newest were not read */
                                unlisted: string | null;
                                validUntil: string | null;
                            } | null;
                            fingerprints: string[];
                            /** @enum {string} */
                            form: "deb" | "rpm";
                            pinnedAt: string;
                            pinnedBy: string;
                            reason: string;
                        } | null;
                        suite: string;
                        /** @description hosts that take from it what nobody signed */
                        unauthenticatedHosts: number;
                        /** @description hosts that do not say that its index must be signed there (rpm: `repo_gpgcheck`) */
                        unsignedIndexHosts: number;
                        uri: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putPackageSourcesKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    form: "deb" | "rpm";
                    /**
                     * Format: base64
                     * @description OpenPGP public keys, plain or in armour
                     */
                    keyring: string;
                    reason: string;
                    suite: string;
                    uri: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        assessment: {
                            assessedAt: string;
                            assessedBy: string;
                            /** @enum {string} */
                            kind: "distribution" | "vendor" | "third-party" | "community";
                            reason: string;
                            /** @enum {string} */
                            trust: "trusted" | "blocked";
                        } | null;
                        /** @description `-` where a host could not read its lists */
                        components: string[];
                        /** @description what is to be minded, in words */
                        concern: string | null;
                        hosts: number;
                        /** @description the keys by which the server verifies it itself, and its last look */
                        key: {
                            check: {
                                because: string | null;
                                checkedAt: string;
                                /** @description of the newest index that was verified */
                                dated: string | null;
                                /** @description of the index whose lists those are */
                                listedDated: string | null;
                                /** @description lists of packages that were read by their digests in the signed index */
                                lists: {
                                    /** @description of which packages; null: of all */
                                    arch: string | null;
                                    entries: number;
                                    path: string;
                                    sha256: string;
                                }[];
                                signedBy: string | null;
                                /** @enum {string} */
                                state: "verified" | "refused" | "unreached";
                                /** @description why those of the newest were not read */
                                unlisted: string | null;
                                validUntil: string | null;
                            } | null;
                            fingerprints: string[];
                            /** @enum {string} */
                            form: "deb" | "rpm";
                            pinnedAt: string;
                            pinnedBy: string;
                            reason: string;
                        } | null;
                        suite: string;
                        /** @description hosts that take from it what nobody signed */
                        unauthenticatedHosts: number;
                        /** @description hosts that do not say that its index must be signed there (rpm: `repo_gpgcheck`) */
                        unsignedIndexHosts: number;
                        uri: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPatches: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description priority: open cases only, without other filters */
                order?: "newest" | "priority";
                /** @description part of a title or of a vulnerability */
                q?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                state?: "triage" | "planned" | "approved" | "rolling" | "stopped" | "observing" | "closed" | "dropped";
                /** @description cases that clear this one */
                vulnerability?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Patch"][];
                        next: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPatches: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    ecosystem?: string;
                    justification?: string;
                    source: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        isNew: boolean;
                        patch: components["schemas"]["Patch"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPatchesByPatch: {
        parameters: {
            query?: {
                /** @description `earlier` of the answer before: what happened until then */
                before?: string;
                limit?: number;
            };
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        earlier: string | null;
                        patch: components["schemas"]["Patch"];
                        release: {
                            /** Format: date-time */
                            at: string;
                            because: string[];
                            train: string;
                        } | null;
                        timeline: components["schemas"]["TimelineEvent"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPatchesByPatchClose: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        patch: components["schemas"]["Patch"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPatchesByPatchDrop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        patch: components["schemas"]["Patch"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPatchesByPatchEdit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    affectedVersions?: string[];
                    justification?: string;
                    regression?: {
                        because: string;
                        /** @enum {string} */
                        level: "low" | "medium" | "high";
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        patch: components["schemas"]["Patch"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPatchesByPatchHosts: {
        parameters: {
            query?: {
                limit?: number;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                standing?: "older" | "partly" | "not-comparable" | "there";
            };
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        counts: {
                            "not-comparable": number;
                            older: number;
                            partly: number;
                            there: number;
                        };
                        items: {
                            host: string;
                            href: string;
                            label: string;
                            name: string;
                            /** @enum {string} */
                            standing: "older" | "partly" | "not-comparable" | "there";
                            /** @enum {string} */
                            state: "good" | "attention" | "bad" | "unknown";
                            versions: string[];
                        }[];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPatchesByPatchPace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaceSheet"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPatchesByPatchPace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    choice: "now" | "next-release" | "wait";
                    words: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaceSheet"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPatchesByPatchReopen: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                patch: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        patch: components["schemas"]["Patch"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPeople: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            handle: string;
                            /** @enum {string} */
                            kind: "person" | "service";
                            subject: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlans: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                patch?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            change: string;
                            /** @enum {string} */
                            class: "normal" | "emergency";
                            /** Format: date-time */
                            createdAt: string;
                            digest: string;
                            /** Format: date-time */
                            expiresAt: string;
                            hosts: number;
                            need: number;
                            parent: string | null;
                            patch: string;
                            requester: string;
                            /** @enum {string} */
                            reversibility: "downgrade" | "none";
                        }[];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPlans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    acceptIrreversible?: boolean;
                    /**
                     * @default normal
                     * @enum {string}
                     */
                    class?: "normal" | "emergency";
                    hosts?: string;
                    /** @description most hosts of the rule */
                    max?: number;
                    /** @description only hosts that this plan has not; approved anew */
                    parent?: string;
                    patch: string;
                    policy?: string;
                    policyDigest?: string;
                    replaces?: string;
                    /** @description in place of hosts: labels such as env=prod,service=web; hosts may join later */
                    rule?: string;
                    /** Format: date-time */
                    startsAt?: string;
                    title?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        change: string;
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        /** Format: date-time */
                        createdAt: string;
                        digest: string;
                        excluded: number;
                        /** Format: date-time */
                        expiresAt: string;
                        hosts: number;
                        need: number;
                        parent: string | null;
                        patch: string;
                        requester: string;
                        /** @enum {string} */
                        reversibility: "downgrade" | "none";
                        warnings: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        bodies: {
                            digest: string;
                            text: string;
                            wayBack: {
                                /** @enum {string} */
                                class: "downgrade" | "previous-kernel" | "snapshot" | "none" | "nothing";
                                label: string;
                                says: string[];
                                /** @enum {string} */
                                tone: "good" | "attention" | "bad";
                            } | null;
                        }[];
                        budgets: {
                            key: string;
                            members: number;
                            unavailableMax: number;
                            value: string;
                        }[];
                        canaries: {
                            count: number;
                            critical: string[];
                            ring: string;
                            strata: number;
                            without: string[];
                            withoutCount: number;
                            withoutHosts: number;
                        }[];
                        change: string;
                        children: string[];
                        /** @enum {string} */
                        class: "normal" | "emergency";
                        /** Format: date-time */
                        createdAt: string;
                        digest: string;
                        drains: {
                            drain: string;
                            hosts: number;
                            names: string[];
                            rejoin: string;
                            text: string;
                        }[];
                        excluded: {
                            hosts: number;
                            why: string;
                        }[];
                        /** Format: date-time */
                        expiresAt: string;
                        /** @description each file with the signed index that names it */
                        files: string[];
                        hosts: number;
                        irreversible: string[];
                        need: number;
                        needsReboot: boolean;
                        parent: string | null;
                        patch: string;
                        /** @description hosts that boot again as part of their job */
                        reboots: number;
                        requester: string;
                        restarts: string[];
                        /** @enum {string} */
                        reversibility: "downgrade" | "none";
                        ringsPolicy: string;
                        /** @description hosts that make keys and certificates anew, as a library that made them changes */
                        rotations: {
                            hook: string;
                            hosts: number;
                            names: string[];
                            /** @description in words, to stand behind "makes keys anew" */
                            text: string;
                        }[];
                        statement: string;
                        triggers: string[];
                        warnings: string[];
                        waves: {
                            detectsFailureRate: number;
                            /** @description what must hold beside that before the next wave opens, and what a failure does */
                            gates: string[];
                            hosts: number;
                            limits: {
                                batchSize: number;
                                failedMax: number;
                                failures: {
                                    alpha: number;
                                    bad: number;
                                    baseline: number;
                                    beta: number;
                                } | null;
                                inFlightMax: number;
                                rate: {
                                    hosts: number;
                                    seconds: number;
                                } | null;
                                /** @enum {string} */
                                rollback: "host" | "wave" | "none";
                                soakSeconds: number;
                                stageSeconds: number | null;
                                successRateMin: number;
                            };
                            /** Format: date-time */
                            notAfter: string;
                            /** Format: date-time */
                            notBefore: string;
                            number: number;
                            part: string;
                            ring: string;
                            stops: string;
                            windows: {
                                /** Format: date-time */
                                from: string;
                                /** Format: date-time */
                                to: string;
                            }[];
                        }[];
                        ways: {
                            agent: number;
                            local: number;
                            piped: number;
                            ssh: number;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPlansByPlanAcknowledgements: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    as: "operations" | "security" | "application";
                    /** @description digests of the texts that were read: all of the plan's procedures as they are now */
                    procedures: string[];
                    /** @default  */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description by people who may still sign in */
                        acknowledged: {
                            /** @enum {string} */
                            as: "operations" | "security" | "application";
                            /** Format: date-time */
                            at: string;
                            by: string;
                            /** @description false: of an older text */
                            counts: boolean;
                            digest: string;
                            reason: string;
                        }[];
                        actions: components["schemas"]["Action"][];
                        /** @description beside those that the policy names */
                        attached: string[];
                        /** @description hosts whose tier asks */
                        hosts: number;
                        /** @description what keeps the plan from starting */
                        missing: string[];
                        /** @description who must acknowledge; empty: nobody */
                        parties: ("operations" | "security" | "application")[];
                        procedures: {
                            /** @description null: nobody has put it */
                            current: {
                                digest: string;
                                version: number;
                            } | null;
                            name: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanDiffByOther: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                other: string;
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        fields: {
                            field: string;
                            from: string;
                            to: string;
                        }[];
                        hostsAdded: string[];
                        hostsRemoved: string[];
                        orderChangedAt: string | null;
                        ringChanged: {
                            from: string;
                            host: string;
                            to: string;
                        }[];
                        steps: {
                            from: number;
                            step: string;
                            to: number;
                        }[];
                        story: string[];
                        text: string;
                        waves: {
                            from: string;
                            ring: string;
                            to: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanExcluded: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            host: string;
                            name: string;
                            text: string;
                            why: string;
                        }[];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanForecast: {
        parameters: {
            query?: {
                /** @description how long a host takes, instead of what was measured */
                jobSeconds?: number;
            };
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        basis: {
                            jobSeconds: number | null;
                            /** @enum {string} */
                            kind: "own" | "steps" | "source" | "fleet" | "given" | "none";
                            measuredJobs: number;
                            text: string;
                        };
                        deadline: {
                            /** Format: date-time */
                            at: string;
                            /** @description by all hosts, nine times in ten */
                            isKept: boolean;
                            late: {
                                high: number;
                                median: number;
                            };
                            sentence: string;
                            /** @description hosts of which nobody can tell */
                            untold: number;
                        } | null;
                        /** @description the first hundred within your scope that may miss it */
                        lateHosts: {
                            host: string;
                            name: string;
                            wave: number;
                        }[];
                        /** Format: date-time */
                        madeAt: string;
                        /** @description why nobody can tell */
                        reason: string | null;
                        /** @description the rollout that carries it out, which has a forecast of its own */
                        rollout: {
                            forecastAt: string | null;
                            href: string;
                            ref: string;
                        } | null;
                        sentence: string;
                        waves: {
                            /** @description with its soak */
                            endsAt: {
                                /**
                                 * Format: date-time
                                 * @description nine times in ten by then
                                 */
                                high: string;
                                /**
                                 * Format: date-time
                                 * @description as likely before as after
                                 */
                                median: string;
                            } | null;
                            hosts: number;
                            hostsDoneAt: {
                                /**
                                 * Format: date-time
                                 * @description nine times in ten by then
                                 */
                                high: string;
                                /**
                                 * Format: date-time
                                 * @description as likely before as after
                                 */
                                median: string;
                            } | null;
                            late: {
                                high: number;
                                median: number;
                            } | null;
                            number: number;
                            reason: string | null;
                            ring: string;
                            startsAt: {
                                /**
                                 * Format: date-time
                                 * @description nine times in ten by then
                                 */
                                high: string;
                                /**
                                 * Format: date-time
                                 * @description as likely before as after
                                 */
                                median: string;
                            } | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanForecastKinds: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["HostKindForecast"][];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanHosts: {
        parameters: {
            query?: {
                cursor?: number;
                limit?: number;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                wave?: number;
            };
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            body: string;
                            host: string;
                            index: number;
                            name: string;
                            ring: string;
                            wave: number;
                        }[];
                        next: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanImpact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        conffiles: {
                            /** @description hosts of the kinds on which it was seen */
                            hosts: number;
                            name: string;
                            path: string;
                            /** @enum {string} */
                            state: "changed" | "missing";
                        }[] | null;
                        /** @description null: not kept when the plan was made */
                        dependents: {
                            /** @description the most installed packages that depend on it on one host */
                            countMax: number;
                            /** @description the first hundred by name */
                            first: {
                                hosts: number;
                                name: string;
                            }[];
                            hosts: number;
                            name: string;
                        }[] | null;
                        hosts: number;
                        memory: {
                            partly: number;
                            unknown: number;
                            users: {
                                hosts: number;
                                package: string;
                                processes: {
                                    hosts: number;
                                    name: string;
                                }[];
                            }[];
                            whole: number;
                        };
                        moreServices: number;
                        needsReboot: boolean;
                        packages: {
                            from: string;
                            hosts: number;
                            /** @description a new major version or binary interface */
                            jump: string | null;
                            name: string;
                            to: string;
                            /** @enum {string} */
                            verb: "upgrade" | "downgrade" | "install" | "remove";
                        }[];
                        reachedMax: number | null;
                        /** @description units that the plan restarts */
                        restarts: string[];
                        sentence: string;
                        services: {
                            hosts: number;
                            name: string;
                            neededBy: string[];
                            owners: string[];
                            team: string;
                            title: string;
                        }[];
                        /** @description what is not known, in sentences */
                        unknown: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanLeaves: {
        parameters: {
            query?: {
                cursor?: number;
                limit?: number;
            };
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            digest: string;
                            index: number;
                            text: string;
                        }[];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanProcedures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description by people who may still sign in */
                        acknowledged: {
                            /** @enum {string} */
                            as: "operations" | "security" | "application";
                            /** Format: date-time */
                            at: string;
                            by: string;
                            /** @description false: of an older text */
                            counts: boolean;
                            digest: string;
                            reason: string;
                        }[];
                        actions: components["schemas"]["Action"][];
                        /** @description beside those that the policy names */
                        attached: string[];
                        /** @description hosts whose tier asks */
                        hosts: number;
                        /** @description what keeps the plan from starting */
                        missing: string[];
                        /** @description who must acknowledge; empty: nobody */
                        parties: ("operations" | "security" | "application")[];
                        procedures: {
                            /** @description null: nobody has put it */
                            current: {
                                digest: string;
                                version: number;
                            } | null;
                            name: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPlansByPlanProcedures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    names: string[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description by people who may still sign in */
                        acknowledged: {
                            /** @enum {string} */
                            as: "operations" | "security" | "application";
                            /** Format: date-time */
                            at: string;
                            by: string;
                            /** @description false: of an older text */
                            counts: boolean;
                            digest: string;
                            reason: string;
                        }[];
                        actions: components["schemas"]["Action"][];
                        /** @description beside those that the policy names */
                        attached: string[];
                        /** @description hosts whose tier asks */
                        hosts: number;
                        /** @description what keeps the plan from starting */
                        missing: string[];
                        /** @description who must acknowledge; empty: nobody */
                        parties: ("operations" | "security" | "application")[];
                        procedures: {
                            /** @description null: nobody has put it */
                            current: {
                                digest: string;
                                version: number;
                            } | null;
                            name: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPlansByPlanSimulations: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description the median time of a job; as measured on this fleet unless given */
                    applySeconds?: number;
                    /**
                     * @description with a stratum: the rate of all other hosts
                     * @default 0
                     */
                    elsewhere?: number;
                    /**
                     * @description the share of hosts that the patch breaks
                     * @default 0.01
                     */
                    failureRate?: number;
                    /**
                     * @description the first; the same gives the same
                     * @default 1
                     */
                    seed?: number;
                    /**
                     * @description how many runs
                     * @default 200
                     */
                    seeds?: number;
                    /** @description only hosts in it fail at that rate: os=debian, os=debian 12, or a label zone=a */
                    stratum?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applySeconds: number;
                        /** @description hosts that cannot be reached now, and stay away in every run */
                        awayHosts: number;
                        chart: {
                            from: number;
                            seeds: number;
                            to: number;
                        }[];
                        dueAt: string | null;
                        /** @description runs that halted themselves, or whose gate cannot pass any more */
                        halted: number;
                        /** @description hosts that the patch broke before the run stopped or ended */
                        harmed: {
                            /** @description one of twenty runs came to more */
                            high: number;
                            max: number;
                            mean: number;
                            median: number;
                        };
                        hosts: number;
                        /** @description hosts not verified by the patch's deadline */
                        late: {
                            /** @description one of twenty runs came to more */
                            high: number;
                            max: number;
                            mean: number;
                            median: number;
                        } | null;
                        /** @description jobs that time was measured on; 0: it was given or assumed */
                        measuredJobs: number;
                        /** @description of the runs that were not halted */
                        secondsToFinish: {
                            /** @description one of twenty runs came to more */
                            high: number;
                            max: number;
                            mean: number;
                            median: number;
                        } | null;
                        /** @description of the runs that were halted */
                        secondsToHalt: {
                            /** @description one of twenty runs came to more */
                            high: number;
                            max: number;
                            mean: number;
                            median: number;
                        } | null;
                        /** @description runs that were made within the time that a question may take */
                        seeds: number;
                        started: {
                            /** @description one of twenty runs came to more */
                            high: number;
                            max: number;
                            mean: number;
                            median: number;
                        };
                        /** Format: date-time */
                        startsAt: string;
                        stops: {
                            seeds: number;
                            text: string;
                            wave: number;
                            why: string;
                        }[];
                        /** @description hosts that fail at the asked rate */
                        suspects: number;
                        verified: {
                            /** @description one of twenty runs came to more */
                            high: number;
                            max: number;
                            mean: number;
                            median: number;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            413: components["responses"]["too-large"];
            429: components["responses"]["rate-limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPlansByPlanStatement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["PolicyFile"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPolicyApply: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description `inForce` of the plan it was compared with */
                    expected: string;
                    /**
                     * @description its name, for faults
                     * @default the file
                     */
                    file?: string;
                    reason: string;
                    text: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        isNew: boolean;
                        kind: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked.conflict"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postPolicyPlan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @default open
                     * @enum {string}
                     */
                    cases?: "open" | "all";
                    /**
                     * @description its name, for faults
                     * @default the file
                     */
                    file?: string;
                    text: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        decides: string;
                        digest: string;
                        effects: components["schemas"]["PolicyEffect"][];
                        inForce: string;
                        isSame: boolean;
                        judgedCount: number;
                        kind: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getProcedures: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description SHA-256 of the text */
                            digest: string;
                            name: string;
                            /** Format: date-time */
                            putAt: string;
                            putBy: string;
                            version: number;
                        }[];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postProcedures: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @description Markdown, at most 256 KiB */
                    text: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        isNew: boolean;
                        name: string;
                        version: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getProceduresByProcedure: {
        parameters: {
            query?: {
                version?: number;
            };
            header?: never;
            path: {
                procedure: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description SHA-256 of the text */
                        digest: string;
                        name: string;
                        /** Format: date-time */
                        putAt: string;
                        putBy: string;
                        text: string;
                        version: number;
                        versions: {
                            /** @description SHA-256 of the text */
                            digest: string;
                            name: string;
                            /** Format: date-time */
                            putAt: string;
                            putBy: string;
                            version: number;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postProvidersByProviderLogout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": {
                    logout_token: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["invalid"];
            404: components["responses"]["not-found"];
            429: components["responses"]["rate-limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRecoveryHolders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            appointedAt: string;
                            handle: string;
                            subject: string;
                            takenAt: string | null;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRecoveryHolders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    user: string;
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteRecoveryHoldersByUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getReleaseTrains: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        others: {
                            href: string;
                            reason: string;
                            ref: string;
                            title: string;
                        }[];
                        policy: {
                            file: string;
                            version: string;
                        };
                        trains: components["schemas"]["ReleaseTrain"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRestore: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        open: components["schemas"]["Restore"] | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRestoreFinish: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        number: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRestoreLeft: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            actor: string;
                            /** Format: date-time */
                            at: string;
                            index: number;
                            object: string;
                            says: string;
                            type: string;
                        }[];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRestoreSignatures: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    document: string;
                    passkey?: components["schemas"]["PasskeyAnswer"];
                    /** @description an armoured SSH signature */
                    signature?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Restore"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRestoreStatement: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description sign its exact bytes, namespace fettle-restore-v1 */
                        document: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRevocationDraft: {
        parameters: {
            query?: {
                change?: string;
                key?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description sign its exact bytes, namespace fettle-revoke-v1 */
                        document: string;
                        /** @description a plan's digest, or a key's base64 */
                        target: string;
                        /** @enum {string} */
                        what: "plan" | "key";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRevocations: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Revocation"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRevocations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    document: string;
                    passkey?: components["schemas"]["PasskeyAnswer"];
                    reason: string;
                    /** @description whose key signed, as host policies name it */
                    root?: string;
                    /** @description an armoured SSH signature */
                    signature?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revocation"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRevocationsByRevocation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                revocation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hosts: {
                            code: string | null;
                            host: string;
                            nextAt: string | null;
                            /** @enum {string} */
                            outcome: "waiting" | "taken" | "refused";
                            triedAt: string | null;
                            tries: number;
                            why: string | null;
                        }[];
                        revocation: components["schemas"]["Revocation"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRevocationsByRevocationRetelling: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                revocation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hosts: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRoles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Role"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRollouts: {
        parameters: {
            query?: {
                change?: string;
                cursor?: number;
                limit?: number;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                state?: "running" | "halted" | "finished" | "stopped";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            change: string;
                            endedAt: string | null;
                            generation: number;
                            id: string;
                            isFrozen: boolean;
                            patch: string;
                            plan: string;
                            ref: string;
                            startedAt: string;
                            /** @enum {string} */
                            state: "running" | "halted" | "finished" | "stopped";
                            title: string;
                        }[];
                        next: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRollouts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    change: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        change: string;
                        endedAt: string | null;
                        generation: number;
                        id: string;
                        isFrozen: boolean;
                        patch: string;
                        plan: string;
                        ref: string;
                        startedAt: string;
                        /** @enum {string} */
                        state: "running" | "halted" | "finished" | "stopped";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRolloutsByRollout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        approvals: {
                            have: number;
                            need: number;
                        };
                        /** @description who asked to go on, where nobody agreed yet */
                        asked: {
                            at: string;
                            by: string;
                            /** @description what is missing, as a sentence */
                            needs: string;
                            words: string;
                        } | null;
                        budgets: {
                            allowed: number;
                            key: string;
                            members: number;
                            used: number;
                            value: string;
                        }[];
                        change: string;
                        conflicts: {
                            hosts: number;
                            href: string;
                            rollout: string;
                            sentence: string;
                        }[];
                        endedAt: string | null;
                        forecast: {
                            /** @enum {string} */
                            basis: "own" | "steps" | "source" | "fleet" | "given" | "none";
                            endsAt: string | null;
                            marginSeconds: number | null;
                            measured: number;
                            reason: string | null;
                        };
                        generation: number;
                        haltReason: string | null;
                        hostsOutsideScope: number;
                        id: string;
                        isFrozen: boolean;
                        /** @description hosts that were off or out of reach until their time was over */
                        missed: {
                            catchUp: components["schemas"]["Action"];
                            hosts: number;
                        };
                        now: string;
                        outcomes: {
                            appliedUnverified: number;
                            checking: number;
                            failed: number;
                            hosts: number;
                            notStarted: number;
                            rolledBack: number;
                            running: number;
                            skipped: number;
                            unknown: number;
                            verified: number;
                            waiting: number;
                        };
                        patch: string;
                        plan: string;
                        ref: string;
                        /** @description which hosts may join without a new approval; null: the plan names its hosts */
                        rule: {
                            labels: string[];
                            /** @description most hosts; kept by this server alone */
                            max: number;
                            /** @description hosts that it selects and that take no part, the first of them by name */
                            outside: {
                                host: string;
                                name: string;
                                since: string;
                                text: string;
                            }[];
                            outsideTotal: number;
                        } | null;
                        /** @description what goes on being judged after the last wave, and for how long */
                        stabilisation: {
                            gates: {
                                actions: components["schemas"]["Action"][];
                                /** @enum {string} */
                                answer: "pass" | "fail" | "not-yet" | "inconclusive";
                                evidence: {
                                    [key: string]: unknown;
                                };
                                /** @enum {string} */
                                kind: "hosts" | "failures" | "soak" | "prometheus" | "compare" | "check" | "sample" | "signOff" | "manual";
                                measuredAt: string | null;
                                name: string;
                                /** @description what it asks, and what happens when it fails */
                                rule: string | null;
                                words: string;
                            }[];
                            seconds: number;
                            until: string | null;
                        } | null;
                        startedAt: string;
                        /** @enum {string} */
                        state: "running" | "halted" | "finished" | "stopped";
                        title: string;
                        waves: {
                            failures: {
                                allowed: number;
                                count: number;
                            };
                            forecast: {
                                endsAt: {
                                    /** @description nine times in ten by then */
                                    high: string;
                                    /** @description as likely before as after */
                                    median: string;
                                };
                                startsAt: {
                                    /** @description nine times in ten by then */
                                    high: string;
                                    /** @description as likely before as after */
                                    median: string;
                                };
                            } | null;
                            forecastAtStart: {
                                endsAt: {
                                    /** @description nine times in ten by then */
                                    high: string;
                                    /** @description as likely before as after */
                                    median: string;
                                };
                                startsAt: {
                                    /** @description nine times in ten by then */
                                    high: string;
                                    /** @description as likely before as after */
                                    median: string;
                                };
                            } | null;
                            gate: {
                                /** @enum {string} */
                                answer: "pass" | "fail" | "not-yet" | "inconclusive";
                                needed: number;
                                of: number;
                                soakSeconds: number;
                                soakUntil: string | null;
                                verified: number;
                            };
                            gates: {
                                actions: components["schemas"]["Action"][];
                                /** @enum {string} */
                                answer: "pass" | "fail" | "not-yet" | "inconclusive";
                                evidence: {
                                    [key: string]: unknown;
                                };
                                /** @enum {string} */
                                kind: "hosts" | "failures" | "soak" | "prometheus" | "compare" | "check" | "sample" | "signOff" | "manual";
                                measuredAt: string | null;
                                name: string;
                                /** @description what it asks, and what happens when it fails */
                                rule: string | null;
                                words: string;
                            }[];
                            holds: {
                                text: string;
                                why: string;
                            }[];
                            inFlight: {
                                allowed: number;
                                busy: number;
                            };
                            notAfter: string;
                            notBefore: string;
                            number: number;
                            openedAt: string | null;
                            outcomes: {
                                appliedUnverified: number;
                                checking: number;
                                failed: number;
                                hosts: number;
                                notStarted: number;
                                rolledBack: number;
                                running: number;
                                skipped: number;
                                unknown: number;
                                verified: number;
                                waiting: number;
                            };
                            passedAt: string | null;
                            ring: string;
                            /** @description hosts that have the files of their job before the wave opens; null: none is asked to */
                            staging: {
                                refused: number;
                                staged: number;
                                waiting: number;
                            } | null;
                            /** @enum {string} */
                            state: "waiting" | "open" | "passed" | "ended";
                        }[];
                        ways: {
                            installed: number;
                            notEnrolled: number;
                            piped: number;
                            weakens: string[];
                        };
                        words: {
                            at: string;
                            by: string;
                            verb: string;
                            words: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutCatchUp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description the rings policy's text; that of the rollout's plan unless told */
                    policy?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        digest: string;
                        excluded: number;
                        hosts: number;
                        warnings: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRolloutsByRolloutCells: {
        parameters: {
            query?: {
                /** @description waves of more hosts are left out */
                waveHostsMax?: number;
            };
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        waves: {
                            number: number;
                            /** @description a standing, and how many hosts in a row stand there */
                            runs: {
                                hosts: number;
                                /** @enum {string} */
                                standing: "verified" | "applied-unverified" | "failed" | "rolled-back" | "unreachable" | "skipped" | "unknown" | "waiting" | "running" | "checking" | "held";
                            }[];
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutHalt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    freeze?: boolean;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        mayStillStart: {
                            hosts: number;
                            until: string | null;
                        };
                        rollout: {
                            change: string;
                            endedAt: string | null;
                            generation: number;
                            id: string;
                            isFrozen: boolean;
                            patch: string;
                            plan: string;
                            ref: string;
                            startedAt: string;
                            /** @enum {string} */
                            state: "running" | "halted" | "finished" | "stopped";
                            title: string;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutLost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    host: string;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        isLost: boolean;
                        people: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutOfflineBundle: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    host: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutResume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        change: string;
                        endedAt: string | null;
                        generation: number;
                        id: string;
                        isFrozen: boolean;
                        patch: string;
                        plan: string;
                        ref: string;
                        startedAt: string;
                        /** @enum {string} */
                        state: "running" | "halted" | "finished" | "stopped";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutResumeAgreement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        change: string;
                        endedAt: string | null;
                        generation: number;
                        id: string;
                        isFrozen: boolean;
                        patch: string;
                        plan: string;
                        ref: string;
                        startedAt: string;
                        /** @enum {string} */
                        state: "running" | "halted" | "finished" | "stopped";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutRetry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default [] */
                    except?: string[];
                    hosts?: string[];
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hosts: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutRevert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    host?: string;
                    reason: string;
                    wave?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hosts: number;
                        rollout: {
                            change: string;
                            endedAt: string | null;
                            generation: number;
                            id: string;
                            isFrozen: boolean;
                            patch: string;
                            plan: string;
                            ref: string;
                            startedAt: string;
                            /** @enum {string} */
                            state: "running" | "halted" | "finished" | "stopped";
                            title: string;
                        };
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutSkip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    host: string;
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutStop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        change: string;
                        endedAt: string | null;
                        generation: number;
                        id: string;
                        isFrozen: boolean;
                        patch: string;
                        plan: string;
                        ref: string;
                        startedAt: string;
                        /** @enum {string} */
                        state: "running" | "halted" | "finished" | "stopped";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRolloutsByRolloutTargets: {
        parameters: {
            query?: {
                cursor?: number;
                /** @description only this one, by id or name */
                host?: string;
                limit?: number;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
                /** @description only hosts that stand there, such as failed or running */
                standing?: "verified" | "applied-unverified" | "failed" | "rolled-back" | "unreachable" | "skipped" | "unknown" | "waiting" | "running" | "checking" | "held";
                wave?: number;
            };
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            actions: components["schemas"]["Action"][];
                            attempt: number;
                            code: string | null;
                            endedAt: string | null;
                            evidence: unknown;
                            holds: {
                                text: string;
                                why: string;
                            }[];
                            host: string;
                            /** @description keys and certificates that the job made anew, by the SHA-256 of their files */
                            keys: {
                                after: string;
                                before: string | null;
                                path: string;
                            }[];
                            name: string;
                            retryAt: string | null;
                            sentence: string;
                            /** @description whether the files of its job came before its time, by the host's own signed word */
                            staging: {
                                at: string | null;
                                code: string | null;
                                files: number;
                                kilobytes: number;
                                /** @enum {string} */
                                state: "waiting" | "staged" | "refused" | "over";
                                why: string | null;
                            } | null;
                            /** @enum {string} */
                            standing: "verified" | "applied-unverified" | "failed" | "rolled-back" | "unreachable" | "skipped" | "unknown" | "waiting" | "running" | "checking" | "held";
                            state: string;
                            step: string | null;
                            wave: number;
                            way: string | null;
                        }[];
                        next: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRolloutsByRolloutWavesByWaveGatesByGateReadings: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                gate: string;
                /** @description an id, or a number such as R-7 */
                rollout: string;
                /** @description 0: after the last wave */
                wave: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            at: string;
                            /** @description SHA-256 of the evidence's canonical text (RFC 8785) */
                            digest: string;
                            evidence: unknown;
                            id: string;
                            /** @enum {string} */
                            kind: "good" | "bad" | "unsure" | "none";
                            words: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutWavesByWaveGatesByGateWord: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                gate: string;
                /** @description an id, or a number such as R-7 */
                rollout: string;
                /** @description 0: after the last wave */
                wave: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                    /** @enum {string} */
                    verdict: "accept" | "refuse";
                };
            };
        };
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getRolloutsByRolloutWavesByWaveOpening: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
                wave: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description sign its exact bytes, namespace fettle-gate-v1 */
                        document: string;
                        /** @description its SHA-256 stands in the document */
                        evidence: string;
                        given: {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            document: string;
                            /** @enum {string} */
                            keyClass: "ssh" | "sk" | "desk" | "page";
                            keyFingerprint: string;
                            signature: string;
                        }[];
                        /** @description 0: the ring asks for none */
                        need: number;
                        ring: string;
                        rollout: string;
                        wave: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postRolloutsByRolloutWavesByWaveOpening: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description an id, or a number such as R-7 */
                rollout: string;
                wave: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    document: string;
                    passkey?: components["schemas"]["PasskeyAnswer"];
                    /** @description an armoured SSH signature */
                    signature?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        by: string;
                        document: string;
                        /** @enum {string} */
                        keyClass: "ssh" | "sk" | "desk" | "page";
                        keyFingerprint: string;
                        signature: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Scan"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postScans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    hosts?: string[];
                    /** @default false */
                    refreshLists?: boolean;
                    selector?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scan"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScansByScan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                scan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scan"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScansByScanHosts: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                state?: "waiting" | "running" | "changed" | "unchanged" | "failed";
            };
            header?: never;
            path: {
                scan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            finishedAt: string | null;
                            host: string;
                            name: string;
                            problem: string | null;
                            startedAt: string | null;
                            /** @enum {string} */
                            state: "waiting" | "running" | "changed" | "unchanged" | "failed";
                            why: string | null;
                        }[];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getSearch: {
        parameters: {
            query: {
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SearchHit"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServices: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
                /** @description only those that this host runs */
                host?: string;
                label?: string;
                limit?: number;
                order?: "name" | "urgency";
                /** @description part of a name, a title or a team */
                q?: string;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        /** @description the past moment that it tells of; null for now */
                        asOf: string | null;
                        counts: {
                            attention: number;
                            bad: number;
                            good: number;
                            unknown: number;
                        };
                        items: components["schemas"]["JudgedService"][];
                        /** @description how far back the past is known */
                        knownSince: string | null;
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postServices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default [] */
                    hosts?: string[];
                    /** @default null */
                    hostSelector?: string | null;
                    labels?: {
                        [key: string]: string;
                    };
                    name: string;
                    /** @default [] */
                    needs?: string[];
                    /** @default [] */
                    owners?: string[];
                    /** @default  */
                    repository?: string;
                    /** @default  */
                    team?: string;
                    /** @default  */
                    title?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByService: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        artifacts: components["schemas"]["Artifact"][];
                        /** @description the past moment that it tells of; null for now */
                        asOf: string | null;
                        hosts: {
                            id: string;
                            name: string;
                        }[];
                        /** @description true while components are still being matched */
                        isMatching: boolean;
                        judged: components["schemas"]["JudgedService"];
                        /** @description how far back the past is known */
                        knownSince: string | null;
                        neededBy: {
                            id: string;
                            name: string;
                        }[];
                        /** @description what the absence of findings does not cover */
                        notKnown: string[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteServicesByService: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    patchServicesByService: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    hosts?: string[];
                    hostSelector?: string | null;
                    labels?: {
                        [key: string]: string | null;
                    };
                    needs?: string[];
                    owners?: string[];
                    repository?: string;
                    team?: string;
                    title?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByServiceComponents: {
        parameters: {
            query?: {
                artifact?: string;
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
                environment?: string;
                limit?: number;
                q?: string;
                show?: "all" | "vulnerable" | "unknown";
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            artifact: string;
                            chain: string[];
                            chainText: string;
                            cpe: string;
                            ecosystem: string;
                            environment: string;
                            exploited: number | null;
                            findings: number | null;
                            name: string;
                            /** @description why it cannot be judged */
                            problem: string | null;
                            purl: string;
                            scope: string;
                            version: string;
                        }[];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByServiceDeadlines: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        counts: {
                            excepted: number;
                            inTime: number;
                            overdue: number;
                        };
                        items: {
                            deadline: components["schemas"]["CandidateDate"] | null;
                            ecosystem: string;
                            effective: string | null;
                            exception: {
                                href: string;
                                ref: string;
                            } | null;
                            source: string;
                            /** @enum {string} */
                            standing: "compliant" | "in-time" | "overdue" | "excepted" | "unknown";
                            vulnerability: string;
                        }[];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByServiceDiff: {
        parameters: {
            query?: {
                artifact?: string;
                environment?: string;
                /** @description right before the last change when absent */
                from?: string;
                /** @description now when absent */
                to?: string;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        after: components["schemas"]["Artifact"];
                        before: components["schemas"]["Artifact"] | null;
                        came: {
                            ecosystem: string;
                            name: string;
                            versions: string[];
                        }[];
                        changed: {
                            before: string[];
                            ecosystem: string;
                            name: string;
                            versions: string[];
                        }[];
                        clearedFindings: {
                            cvss: number | null;
                            epss: number | null;
                            /** @description what is said of it and sets nothing aside */
                            filters: components["schemas"]["Filter"][];
                            fixedVersion: string | null;
                            href: string;
                            id: string;
                            isExploited: boolean;
                            label: string;
                            state: string;
                            title: string;
                        }[];
                        newFindings: {
                            cvss: number | null;
                            epss: number | null;
                            /** @description what is said of it and sets nothing aside */
                            filters: components["schemas"]["Filter"][];
                            fixedVersion: string | null;
                            href: string;
                            id: string;
                            isExploited: boolean;
                            label: string;
                            state: string;
                            title: string;
                        }[];
                        went: {
                            ecosystem: string;
                            name: string;
                            versions: string[];
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByServiceFindings: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
                limit?: number;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description the past moment that it tells of; null for now */
                        asOf: string | null;
                        items: {
                            chains: {
                                artifact: string;
                                environment: string;
                                /** @description what brought it in, from the project's side, itself last */
                                names: string[];
                                scope: string;
                                text: string;
                                version: string;
                            }[];
                            cleared: {
                                cvss: number | null;
                                epss: number | null;
                                /** @description what is said of it and sets nothing aside */
                                filters: components["schemas"]["Filter"][];
                                fixedVersion: string | null;
                                href: string;
                                id: string;
                                isExploited: boolean;
                                label: string;
                                state: string;
                                title: string;
                            }[];
                            cvss: number | null;
                            ecosystem: string;
                            epss: number | null;
                            exploited: number;
                            isDevelopmentOnly: boolean;
                            key: string;
                            remaining: {
                                cvss: number | null;
                                epss: number | null;
                                /** @description what is said of it and sets nothing aside */
                                filters: components["schemas"]["Filter"][];
                                fixedVersion: string | null;
                                href: string;
                                id: string;
                                isExploited: boolean;
                                label: string;
                                state: string;
                                title: string;
                            }[];
                            /** Format: date-time */
                            since: string;
                            source: string;
                            target: string | null;
                            text: string;
                            versions: string[];
                        }[];
                        /** @description how far back the past is known */
                        knownSince: string | null;
                        notKnown: string[];
                        /** @description what trusted VEX sets aside; not among the items */
                        setAside: components["schemas"]["SetAsideFinding"][];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByServiceGate: {
        parameters: {
            query: {
                artifact?: string;
                environment?: string;
                /** @description known-exploited, critical, high, medium, any, unknown */
                failOn: string;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        reasons: string[];
                        /** @description what trusted VEX keeps the rules from catching */
                        setAside: string[];
                        /** @enum {string} */
                        state: "pass" | "fail" | "not-yet";
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByServiceHistory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            artifact: string;
                            componentCount: number;
                            /** @description SHA-256 of the document as it was handed in */
                            document: string;
                            documentName: string;
                            environment: string;
                            /** @description files and data, which have no advisories */
                            fileCount: number;
                            /** @description what the document was recognised as */
                            form: string;
                            putBy: string;
                            /** @description digest of what was read */
                            sbom: string;
                            /** Format: date-time */
                            since: string;
                            /** @description what it is of, by its own word */
                            subject: string;
                            /** @description entries that cannot be judged */
                            unknownCount: number;
                            until: string | null;
                            version: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getServicesByServiceHostFindings: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
                limit?: number;
                /** @description Rows to pass over from the start of the list; instead of a cursor. */
                skip?: number;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            cvss: number | null;
                            ecosystem: string;
                            epss: number | null;
                            exploited: number;
                            fixedVersions: string[];
                            hostCount: number;
                            key: string;
                            source: string;
                            /** @description the version at or above all of them */
                            target: string | null;
                            vulnerabilities: number;
                        }[];
                        notKnown: string[];
                        total: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putServicesByServiceSbom: {
        parameters: {
            query?: {
                artifact?: string;
                environment?: string;
                /** @description name of the document, for people */
                name?: string;
                /** @description distribution release of packages that do not say theirs, as in bookworm */
                release?: string;
                version?: string;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        artifact: components["schemas"]["Artifact"];
                        before: components["schemas"]["Artifact"] | null;
                        isChanged: boolean;
                        problems: {
                            place: string;
                            reason: string;
                        }[];
                        service: components["schemas"]["Service"];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteServicesByServiceSbom: {
        parameters: {
            query: {
                artifact: string;
                environment?: string;
            };
            header?: never;
            path: {
                service: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getSessions: {
        parameters: {
            query?: {
                user?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Session"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @default session
                     * @enum {string}
                     */
                    as?: "session" | "token";
                    /** @constant */
                    by: "password";
                    code?: string;
                    handle: string;
                    password: string;
                } | {
                    /** @constant */
                    by: "passkey-options";
                } | {
                    /**
                     * @default session
                     * @enum {string}
                     */
                    as?: "session" | "token";
                    /** @constant */
                    by: "passkey";
                    response: {
                        /** @enum {string} */
                        authenticatorAttachment?: "platform" | "cross-platform";
                        clientExtensionResults: {
                            [key: string]: unknown;
                        };
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @constant */
                        type: "public-key";
                    };
                } | {
                    /** @constant */
                    by: "provider";
                    provider: string;
                } | {
                    answer: string;
                    /**
                     * @default session
                     * @enum {string}
                     */
                    as?: "session" | "token";
                    binding: string;
                    /** @constant */
                    by: "provider-answer";
                } | {
                    binding: string;
                    /** @constant */
                    by: "provider-signed-out";
                    state: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        kind: "session";
                        subject: string;
                    } | components["schemas"]["SignIn"] | {
                        /** @constant */
                        kind: "passkey-options";
                        options: {
                            [key: string]: unknown;
                        };
                    } | {
                        binding: string;
                        /** @constant */
                        kind: "provider";
                        url: string;
                    } | {
                        /** @constant */
                        kind: "signed-out";
                        title: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            429: components["responses"]["rate-limited"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteSessionsBySession: {
        parameters: {
            query?: {
                user?: string;
            };
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postSessionsEndOthers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    user?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ended: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getSshAuthority: {
        parameters: {
            query?: {
                host?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        authorities: {
                            fingerprint: string;
                            generation: number;
                            keyLine: string;
                            /** @description whether new certificates come from it */
                            signs: boolean;
                        }[];
                        lines: {
                            /** @description for the account that elevated people may use, if any */
                            people: string[];
                            /** @description for the account that Fettle signs in as */
                            server: string[];
                        } | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postSshAuthorityByAct: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                act: "prepare" | "switch" | "retire";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        authorities: {
                            fingerprint: string;
                            generation: number;
                            keyLine: string;
                            /** @description whether new certificates come from it */
                            signs: boolean;
                        }[];
                        lines: {
                            /** @description for the account that elevated people may use, if any */
                            people: string[];
                            /** @description for the account that Fettle signs in as */
                            server: string[];
                        } | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getSupport: {
        parameters: {
            query?: {
                kind?: "system" | "runtime";
                order?: "age" | "modernisation";
                state?: "ended" | "extended" | "ends-soon" | "supported" | "unknown";
                /** @description days that count as soon */
                within?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description entries by state, before any filter */
                        counts: {
                            [key: string]: number;
                        };
                        feed: {
                            asOf: string | null;
                            name: string;
                            /** @enum {string} */
                            state: "fresh" | "stale" | "never-loaded";
                            why: string;
                        };
                        items: components["schemas"]["SupportEntry"][];
                        unknownHosts: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getSupportByProductByCycle: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cycle: string;
                product: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        history: components["schemas"]["SupportStrategy"][];
                        hosts: {
                            id: string;
                            name: string;
                        }[];
                        items: components["schemas"]["SupportEntry"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putSupportByProductByCycleStrategy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                cycle: string;
                product: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    dueAt: string;
                    owner: string;
                    reason: string;
                    /** @enum {string} */
                    strategy: "migrate" | "isolate" | "extend" | "accept";
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SupportStrategy"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getTokens: {
        parameters: {
            query?: {
                user?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Token"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 90 */
                    days?: number;
                    /** @default null */
                    limits?: {
                        /** @enum {string} */
                        role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
                        scope: string;
                    }[] | null;
                    title: string;
                    user?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        token: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteTokensByToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getTriageSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: {
                            closed: {
                                /** Format: date-time */
                                at: string;
                                by: string;
                                minutes: string;
                                summary: string;
                            } | null;
                            digest: string;
                            href: string;
                            id: string;
                            quorum: number;
                            ref: string;
                            /** Format: date-time */
                            startedAt: string;
                            startedBy: string;
                            /** @enum {string} */
                            state: "open" | "closed";
                            title: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postTriageSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 10 */
                    items?: number;
                    /**
                     * @default operations
                     * @enum {string}
                     */
                    part?: "on-call" | "qa" | "support" | "security" | "operations" | "other";
                    /** @default 2 */
                    quorum?: number;
                    title: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriageSession"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getTriageSessionsBySession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriageSession"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postTriageSessionsBySessionClose: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    summary: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriageSession"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postTriageSessionsBySessionJoin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    part: "on-call" | "qa" | "support" | "security" | "operations" | "other";
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriageSession"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postTriageSessionsBySessionNotes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    words: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriageSession"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postTriageSessionsBySessionOutcomes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    doing: "open-case" | "defer" | "known-issue" | "nothing";
                    /** @description who answers for a deferral */
                    owner?: string;
                    place: number;
                    /**
                     * Format: date-time
                     * @description end of a deferral
                     */
                    until?: string;
                    /** @default  */
                    words?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriageSession"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postTriageSessionsBySessionVotes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default  */
                    hosts?: string;
                    /** @enum {string} */
                    necessity: "necessary" | "not" | "needs-info";
                    place: number;
                    /**
                     * @default all
                     * @enum {string}
                     */
                    scope?: "all" | "subset" | "exclude";
                    /** @default  */
                    words?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriageSession"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getUsers: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["User"][];
                        next: string | null;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postUsers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default [] */
                    grants?: {
                        /** @enum {string} */
                        role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
                        scope: string;
                    }[];
                    handle: string;
                    /**
                     * @default person
                     * @enum {string}
                     */
                    kind?: "person" | "service";
                    name: string;
                    owner?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getUsersByUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    patchUsersByUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    isDisabled?: boolean;
                    name?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postUsersByUserErasure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        askedAt: string;
                        askedBy: string;
                        doneAt: string | null;
                        doneBy: string | null;
                        reason: string;
                        subject: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteUsersByUserErasure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postUsersByUserGrants: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    role: "viewer" | "auditor" | "operator" | "approver" | "publisher" | "admin";
                    /** @default  */
                    scope?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteUsersByUserGrantsByGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grant: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postUsersByUserInvite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        expiresAt: string;
                        invite: string;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteUsersByUserProvidersByProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                provider: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getUsersByUserRecords: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getVex: {
        parameters: {
            query?: {
                ended?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        actions: components["schemas"]["Action"][];
                        items: components["schemas"]["VexDocument"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postVex: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description the file's text, unchanged */
                    content: string;
                    /** @default  */
                    product?: string;
                    /** @description why you answer for it */
                    responsible?: string;
                    /** @default  */
                    scope?: string;
                    /** @description SSHSIG in namespace fettle-vex-v1 */
                    signature?: string;
                    /** @default  */
                    title?: string;
                    /** @description when it no longer counts */
                    until?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        document: components["schemas"]["VexDocument"];
                        replaced: string[];
                        unmatched: components["schemas"]["VexStatement"][];
                        unmatchedCount: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked.conflict"];
            413: components["responses"]["too-large"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getVexPublishers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["VexPublisher"][];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postVexPublishers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    authors: string[];
                    keyLine: string;
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VexPublisher"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteVexPublishersByPublisher: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                publisher: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getVexByVex: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vex: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        document: components["schemas"]["VexDocument"];
                        hasMore: boolean;
                        statements: components["schemas"]["VexStatement"][];
                        unmatchedCount: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postVexByVexAnswer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vex: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VexDocument"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postVexByVexRemove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vex: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VexDocument"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getVulnerabilitiesByVulnerability: {
        parameters: {
            query?: {
                /** @description what was known at the end of a past day (2026-05-03, in UTC) or at an instant */
                asOf?: string;
            };
            header?: never;
            path: {
                vulnerability: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KnownVulnerability"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getWaves: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            change: string;
                            /**
                             * Format: date-time
                             * @description no host starts before
                             */
                            from: string;
                            hosts: number;
                            href: string;
                            label: string;
                            plan: string;
                            ring: string;
                            title: string;
                            /**
                             * Format: date-time
                             * @description no host starts after
                             */
                            to: string;
                            tone: string;
                            wave: number;
                        }[];
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getWaysIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        hosts: number;
                        items: {
                            advice: string;
                            hosts: number;
                            kind: string;
                            /** @enum {string} */
                            level: "bad" | "attention" | "unknown";
                            named: string[];
                            says: string;
                        }[];
                        signed: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putWitnessQuorum: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    need: number;
                } | {
                    /** @description 0 takes the ring's rule away */
                    need: number;
                    /** @description who runs the ring's hosts: theirs do not count */
                    operator?: string | null;
                    ring: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description entries under the newest head that enough have signed */
                        cosigned: number;
                        items: components["schemas"]["Witness"][];
                        lagSeconds: number;
                        /** @description how many must have signed before work starts; 0: none */
                        need: number;
                        /** @description rings with a quorum of their own, beside that of all */
                        rings: components["schemas"]["WitnessesOfRing"][];
                        /** @description entries under the newest head */
                        size: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getWitnesses: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description entries under the newest head that enough have signed */
                        cosigned: number;
                        items: components["schemas"]["Witness"][];
                        lagSeconds: number;
                        /** @description how many must have signed before work starts; 0: none */
                        need: number;
                        /** @description rings with a quorum of their own, beside that of all */
                        rings: components["schemas"]["WitnessesOfRing"][];
                        /** @description entries under the newest head */
                        size: number;
                    };
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postWitnesses: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    host: string;
                    /** @description whose hands it is in: a team, a company, a site */
                    operator?: string;
                } | {
                    keyLine: string;
                    name: string;
                    noteKey: string;
                    /** @description whose hands it is in: a team, a company, a site */
                    operator?: string;
                    /** Format: uri */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Witness"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteWitnessesByWitness: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                witness: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putWitnessesByWitnessOperator: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                witness: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    operator: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Witness"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden.proof-needed"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getWords: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vocabulary"];
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getHealthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            400: components["responses"]["invalid"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2Groups: {
        parameters: {
            query?: {
                attributes?: string;
                count?: number;
                excludedAttributes?: string;
                filter?: string;
                sortBy?: string;
                sortOrder?: string;
                startIndex?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postScimV2Groups: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    schemas: string[];
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2GroupsById: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putScimV2GroupsById: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    schemas: string[];
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteScimV2GroupsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    patchScimV2GroupsById: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    Operations: ({
                        op: string;
                        path?: string;
                        value?: unknown;
                    } & {
                        [key: string]: unknown;
                    })[];
                    schemas: string[];
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2ResourceTypes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2ResourceTypesById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2Schemas: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2SchemasById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2ServiceProviderConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2Users: {
        parameters: {
            query?: {
                attributes?: string;
                count?: number;
                excludedAttributes?: string;
                filter?: string;
                sortBy?: string;
                sortOrder?: string;
                startIndex?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    postScimV2Users: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    schemas: string[];
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    getScimV2UsersById: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    putScimV2UsersById: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    schemas: string[];
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    deleteScimV2UsersById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
    patchScimV2UsersById: {
        parameters: {
            query?: {
                attributes?: string;
                excludedAttributes?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    Operations: ({
                        op: string;
                        path?: string;
                        value?: unknown;
                    } & {
                        [key: string]: unknown;
                    })[];
                    schemas: string[];
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/scim+json": string;
                };
            };
            400: components["responses"]["invalid"];
            401: components["responses"]["unauthenticated"];
            403: components["responses"]["forbidden"];
            404: components["responses"]["not-found"];
            409: components["responses"]["blocked.conflict"];
            500: components["responses"]["internal"];
            503: components["responses"]["unavailable"];
        };
    };
}
