-- A warning: numbers over a time range that is not stored completely are too small. "report" and "gaps" of zendesk-log-sync say which and why.
{{ config(severity='warn') }}

select account, stream, gaps, gap_seconds, lost_seconds, verification_findings
from {{ ref('stg_zendesk__completeness') }}
where gap_seconds > 3600 or lag_seconds > 86400 or lost_seconds > 0 or verification_findings > 0
