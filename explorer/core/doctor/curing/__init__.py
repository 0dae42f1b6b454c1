"""From a finding to a change of the source that was run and cures it.

`explorer.core.doctor.cures` proposes changes, `proving` runs them one after the other.
"""
