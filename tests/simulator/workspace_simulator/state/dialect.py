# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions about the service that no source settles, each as a setting with its readings.

The first reading of each setting is the default: the likely one. A client must be right under every reading.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Dialect(BaseModel):
    """One reading of every open question."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    handle_type_absent: Literal["all", "expand_only", "idle"] = Field(
        "all", description="Scope of a change without handle_type and desktop_ids."
    )
    desktop_ids_change_template: Literal["no", "yes", "by_handle_type"] = Field(
        "no",
        description="Whether a change of single desktops moves the pool's template too; "
        "`by_handle_type`: only if a handle_type came with it.",
    )
    idle_desktop: Literal["unbound", "not_logged_in", "unbound_and_not_logged_in"] = Field(
        "unbound", description="What FOR_EXPAND_AND_IDLE takes for an idle desktop."
    )
    idle_stopped: Literal["yes", "no"] = Field("yes", description="Whether a stopped desktop can be idle.")
    idle_disconnected: Literal["after_retention", "at_once", "never"] = Field(
        "after_retention",
        description="When a DISCONNECTED desktop of a dynamic pool counts as not logged in; on static pools there is "
        "no retention, so `after_retention` means never.",
    )
    connected_user: Literal["cut", "fail", "skip"] = Field(
        "cut",
        description="A user is connected when the rebuild begins: the session is cut, the sub-job fails, or the "
        "desktop is left alone and its sub-job succeeds.",
    )
    data_disks_at_rebuild: Literal["kept", "lost_on_os_change", "recreated"] = Field(
        "kept", description="What happens to data disks at a rebuild; a recreated or lost disk gets a new ID."
    )
    power_after_rebuild: Literal["active", "as_before", "stopped"] = Field(
        "active", description="Power state of a desktop after its rebuild."
    )
    notification_job_type: Literal["sendDesktopPoolNotifications", "operateDesktops", "executeDesktopsAction"] = Field(
        "sendDesktopPoolNotifications", description="Job type of a pool notification, which no source names."
    )
    sub_jobs_in_job: Literal["all", "capped"] = Field(
        "all", description="Whether GET job returns every sub-job or the first 100; sub_jobs_total counts all."
    )
    template_changes: Literal["accepted", "finished", "all_succeeded"] = Field(
        "accepted",
        description="When the pool's own image, product or disks change: as the request is accepted, as the job ends, "
        "or as it ends without a failed desktop.",
    )
    update_absent_fields: Literal["tags_reset", "kept", "reset"] = Field(
        "tags_reset", description="What PUT pool does to fields it is not given: only tags are lost, none, or all."
    )
    same_image_again: Literal["again", "nothing", "refused"] = Field(
        "again",
        description="A rebuild to the image the desktops have: done again, only desktops that differ are touched, or "
        "400 if it is the pool's image (is_fix and desktop_ids are never refused).",
    )
    inconsistent_type_unknown: Literal["refused", "ignored", "none"] = Field(
        "refused", description="An unknown value of the filter inconsistent_type: 400, all desktops, or none."
    )
    inconsistent_type_spelling: Literal["both", "newer", "older"] = Field(
        "both", description="Known values of that filter: PRODUCT_ID, IMAGE_ID, ... (newer), PRODUCT, IMAGE (older)."
    )
    conflict: Literal["any_busy", "pool", "desktop"] = Field(
        "any_busy",
        description="409 if a desktop in scope has unfinished work, 409 if any change runs on the pool, or accepted "
        "and the sub-jobs of busy desktops fail.",
    )
    job_status_partial: Literal["COMPLETE", "SUCCESS", "FAIL"] = Field(
        "COMPLETE", description="Status of a finished job in which some, not all, desktops failed."
    )
    job_status_success: Literal["SUCCESS", "COMPLETE"] = Field(
        "SUCCESS", description="Status of a finished job in which none failed."
    )
    job_status_failed: Literal["FAIL", "COMPLETE", "SUCCESS"] = Field(
        "FAIL", description="Status of a finished job in which all desktops failed."
    )
    unhealthy_desktops: Literal["included", "skipped", "block"] = Field(
        "included",
        description="Desktops in ERROR, frozen, isolated or in maintenance, in a pool-wide change: part of it, left "
        "out, or 409 for the whole.",
    )
    pool_name_max: Literal["64", "15", "255"] = Field("64", description="Longest pool name that PUT pool accepts.")
    pool_name_characters: Literal["documented", "any"] = Field(
        "documented", description="Letters (Chinese ones too), digits and hyphens only, or anything."
    )
    desktop_ids_with_handle_type: Literal["desktop_ids", "intersection", "handle_type", "refused"] = Field(
        "desktop_ids", description="desktop_ids together with handle_type or is_fix: which wins, both, or 400."
    )
    maintenance_mode: Literal["mark", "cuts_sessions", "refuses_changes"] = Field(
        "mark",
        description="What a pool's maintenance mode does: nothing, sessions are cut as it is switched on, or changes "
        "of the pool are refused with 409.",
    )
    missing_pool: Literal["400", "404"] = Field("400", description="Status of a request for a pool that is gone.")
    sub_jobs_appear: Literal["at_once", "late", "growing"] = Field(
        "at_once",
        description="When sub-jobs can be seen: with the POST's answer, 15 s later, or each as its work begins.",
    )
    finished_jobs: Literal["kept", "forgotten"] = Field(
        "kept", description="Whether jobs answer 404 from jobs.history_seconds after their end."
    )
    job_status_during_delay: Literal["WAITING", "RUNNING"] = Field(
        "WAITING", description="Status of a job while its delay_time runs."
    )
    pool_status_during_job: Literal["TEMPORARY", "STEADY"] = Field(
        "TEMPORARY", description="Status of a pool while its desktops change."
    )
    rebuild_changes: Literal["sid", "nothing", "sid_and_ip", "name_case", "binding", "desktop_id"] = Field(
        "sid",
        description="What else a rebuild changes on a desktop: its SID, nothing, SID and IP address, the name to upper "
        "case, the user is unbound, or the desktop's ID.",
    )
    unknown_fields: Literal["refused", "ignored"] = Field(
        "refused", description="Fields and query parameters that the operation does not know."
    )
    api_age: Literal["newest", "older"] = Field(
        "newest",
        description="`older`: fields and operations that only the newest SDK knows do not exist.",
    )
    prepaid_pool: Literal["accepted", "refused"] = Field(
        "accepted", description="Direct changes of yearly/monthly pools: accepted for free images, or 400."
    )
    sub_jobs_unfiltered: Literal["allowed", "refused"] = Field(
        "allowed", description="The list of sub-jobs without job_type and job_id: answered, or 400."
    )
    state_after_job: Literal["at_once", "lags"] = Field(
        "at_once",
        description="Whether desktops show the result as their sub-job ends, or jobs.lag_seconds later.",
    )
    power_after_resize: Literal["active", "as_before", "stopped"] = Field(
        "active", description="Power state of a desktop after its resize."
    )
    same_product_again: Literal["again", "nothing", "refused"] = Field(
        "again",
        description="A resize to the product the desktops have: done again, only desktops that differ are touched, or "
        "400 if it is the pool's product (desktop_ids are never refused).",
    )
    mixed_products: Literal["accepted", "refused"] = Field(
        "accepted",
        description="A resize of the whole pool while its desktops have different products: accepted, or 400 until "
        "they are brought in line one by one.",
    )
    resize_job_type: Literal["resizeDesktopPool", "executeDesktopsAction", "operateDesktops"] = Field(
        "resizeDesktopPool", description="Job type of a resize, which no source names."
    )
    resize_jobs: Literal["same", "none", "own"] = Field(
        "same",
        description="The list `jobs` in the answer to a resize: the one job for each desktop, not there, or a job of "
        "its own for each desktop, beside a job without sub-jobs that lasts as long as they.",
    )
    expand_volumes_job_type: Literal["expandVolumes", "expandDesktopPoolVolumes"] = Field(
        "expandVolumes", description="Job type of an expansion of a pool's disks, which no source names."
    )
    several_added_disks: Literal["all", "refused", "sub_jobs_fail"] = Field(
        "all", description="Several disks in one batch-add: all added, 400, or accepted and every sub-job fails."
    )
    several_deleted_disks: Literal["all", "refused", "sub_jobs_fail"] = Field(
        "all", description="Several disks in one batch-delete: all deleted, 400, or accepted and every sub-job fails."
    )
    add_disks_to_stopped: Literal["refused", "sub_jobs_fail", "works"] = Field(
        "refused",
        description="batch-add while desktops in scope are not ACTIVE: 409 for the whole, accepted and the sub-jobs "
        "of those fail, or they get the disk too (not in ERROR).",
    )
    action_job_type: Literal["executeDesktopsAction", "operateDesktops"] = Field(
        "executeDesktopsAction", description="Job type of a pool action, which no source settles."
    )
    action_needless: Literal["success", "failed", "left_out"] = Field(
        "success",
        description="Desktops that an action finds in its state already, or stopped if it needs them running: the "
        "sub-job succeeds and does nothing, it fails, or there is none.",
    )
    action_on_none: Literal["empty_job", "refused"] = Field(
        "empty_job", description="An action that no desktop of the pool needs: a job without sub-jobs, or 400."
    )
    script_task_partial: Literal["FINISH", "FAILED"] = Field(
        "FINISH", description="Status of a finished script task in which some, not all, runs failed."
    )
    beyond_quota: Literal["400", "403", "sub_jobs_fail"] = Field(
        "400",
        description="More desktops than the quota, the subnets' addresses or a sold-out product allow: 400, 403, or "
        "accepted and the sub-jobs of those beyond fail.",
    )
    failed_creation: Literal["left_in_error", "removed"] = Field(
        "left_in_error",
        description="What is left of a desktop whose creation failed: a desktop in ERROR, which counts, or nothing.",
    )
    delete_pool_with_desktops: Literal["409", "400"] = Field(
        "409", description="Status of a deletion of a pool that still has desktops."
    )
    delete_missing_pool: Literal["400", "404", "204"] = Field(
        "400", description="Status of a deletion of a pool that is gone."
    )
    delete_in_use: Literal["deleted", "refused", "sub_jobs_fail"] = Field(
        "deleted",
        description="A deletion of desktops with a session on them, without is_force_delete: they are deleted, 409 "
        "for all, or their sub-jobs fail.",
    )
    autoscale_policy_cleared: Literal["empty", "once_auto_created"] = Field(
        "empty", description="What a pool shows of its policy after PUT cleared it: nothing, or once_auto_created."
    )
    authorize_again: Literal["ignored", "400", "409"] = Field(
        "ignored",
        description="ADD of users and groups that are authorised already: nothing happens to them, or this status.",
    )
    deauthorize_absent: Literal["ignored", "400", "409"] = Field(
        "ignored",
        description="REMOVE and CHANGE_PRIVILEGE of users and groups that are not authorised: nothing happens, or "
        "this status.",
    )
    remove_bound_user: Literal["unbound", "until_logoff", "refused"] = Field(
        "unbound",
        description="REMOVE of a user who holds a desktop: unbound at once, a session is cut; unbound as the session "
        "ends; or 409.",
    )
    waiting_attach: Literal["job", "no_job"] = Field(
        "job", description="Whether an attach that has to wait (WAITING) answers a job, which stays open till then."
    )
    logoff_disconnected: Literal["ended", "kept"] = Field(
        "ended", description="Whether a log-off ends a session whose client is disconnected."
    )
    after_logoff: Literal["stays_away", "returns_unless_maintenance", "returns"] = Field(
        "stays_away",
        description="What a user does who was logged off: stays away, or connects again at once, everywhere or "
        "unless the pool is in maintenance mode.",
    )


def readings() -> list[tuple[str, list[str], str]]:
    """Return name, readings (default first) and meaning of every setting, in order."""
    table = []
    for name, field in Dialect.model_fields.items():
        choices = list(getattr(field.annotation, "__args__", ()))
        choices.sort(key=lambda choice: choice != field.default)
        table.append((name, [str(choice) for choice in choices], field.description or ""))
    return table
