# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options by which every module, and the inventory, reaches the service."""

from __future__ import annotations


class ModuleDocFragment:
    """Shared options: credentials, region and network."""

    DOCUMENTATION = r"""
options:
  access_key:
    description:
      - ID of the access key (AK) that signs requests.
      - If no credentials are given as options, they are taken from the environment, else from O(profile_file), else
        from the metadata service of the ECS that this runs on. In the environment, E(HUAWEICLOUD_SDK_AK) is looked at
        first, then E(HW_ACCESS_KEY).
    type: str
  secret_key:
    description:
      - Secret of the access key (SK). It must come from the same place as O(access_key).
      - In the environment, E(HUAWEICLOUD_SDK_SK), then E(HW_SECRET_KEY).
    type: str
  security_token:
    description:
      - Token of a temporary access key.
      - In the environment, E(HUAWEICLOUD_SDK_SECURITY_TOKEN), then E(HW_SECURITY_TOKEN).
    type: str
  auth_token:
    description:
      - A ready token of the project (C(X-Auth-Token)), to be used instead of an access key.
      - In the environment, E(HW_AUTH_TOKEN).
    type: str
  username:
    description:
      - Name of an IAM user to log in with instead of using an access key. Takes O(password) and O(domain_name) as well.
      - In the environment, E(HW_USER_NAME).
    type: str
  password:
    description:
      - Password of the IAM user.
      - In the environment, E(HW_USER_PASSWORD).
    type: str
  domain_name:
    description:
      - Name of the account that the IAM user belongs to.
      - In the environment, E(HW_DOMAIN_NAME).
    type: str
  profile_file:
    description:
      - Credentials file of the official SDK. Its section C([basic]) is read.
      - Default is E(HUAWEICLOUD_SDK_CREDENTIALS_FILE) of the environment, then C(~/.huaweicloud/credentials).
    type: path
  region:
    description:
      - Region of the pools, for example V(eu-west-101). It leads to the endpoint and to the project.
      - In the environment, E(HW_REGION_NAME).
    type: str
  project_id:
    description:
      - ID of the project. If it is not set, the project with the region's name is looked up at IAM, which costs one
        more request each time.
      - In the environment, E(HUAWEICLOUD_SDK_PROJECT_ID), then E(HW_PROJECT_ID).
    type: str
  enterprise_project_id:
    description:
      - ID of an enterprise project, at most 36 characters. Pools are then looked for in it alone.
      - In the environment, E(HW_ENTERPRISE_PROJECT_ID).
    type: str
  endpoint:
    description:
      - URL of the Workspace service, if it is not the region's own. C(http://) and a port are allowed, for a gateway or
        a simulator.
      - In the environment, E(HW_WORKSPACE_ENDPOINT).
    type: str
  iam_endpoint:
    description:
      - URL of IAM, if it is not the region's own.
      - In the environment, E(HW_IAM_ENDPOINT), then E(HUAWEICLOUD_SDK_IAM_ENDPOINT).
    type: str
  validate_certs:
    description:
      - Verify TLS certificates. Without that, whoever is on the way can read and change all that is sent.
    type: bool
    default: true
  ca_path:
    description:
      - File with the certificates of a private CA, or a folder of them as C(openssl rehash) makes it.
      - Default is E(REQUESTS_CA_BUNDLE) of the environment, else the CAs that the Python library C(requests) brings.
    type: path
  request_timeout:
    description:
      - Seconds to wait for a connection, and for each part of an answer, from V(1) to V(600).
    type: int
    default: 30
  max_retries:
    description:
      - How often a request is sent again after a fault that passes, from V(0) to V(20).
      - Requests that change something are sent again only if they provably were not carried out.
      - A request that was one too many in a minute (HTTP 429) waits for its turn for up to half an hour, however large
        this is. With V(0) it does not wait.
    type: int
    default: 5
requirements:
  - requests (Python library) on the machine that runs the task, which is the controller as a rule
notes:
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(HTTP_PROXY), E(NO_PROXY)).
  - Redirects are never followed.
  - Keys, tokens and passwords are masked in all that is shown, IDs of access keys too. Messages and commands are not.
"""
