# The one image every Airflow component runs: Airflow, our pinned libraries, LibreOffice for PDF, our code.
# `slim-3.3.2` as AIRFLOW_IMAGE gives a smaller image: no provider beyond what requirements.txt names.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2
FROM ${AIRFLOW_IMAGE}

# fonts-liberation2, not fonts-liberation: only the newer one holds every Vietnamese letter.
# A named volume takes owner and mode of the folder it is first mounted on, so /data is made here.
USER root
RUN apt-get -qq update \
 && apt-get -qq install -y --no-install-recommends libreoffice-writer-nogui fonts-liberation2 >/dev/null \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 50000 -g 0 -m 775 /data

USER 50000
COPY requirements.txt /opt/airflow/requirements.txt
RUN pip install --no-cache-dir --progress-bar off --require-hashes -r /opt/airflow/requirements.txt

COPY config /opt/airflow/config
COPY include /opt/airflow/include
COPY plugins /opt/airflow/plugins
COPY dags /opt/airflow/dags
ENV PYTHONPATH=/opt/airflow/include:/opt/airflow/config KYBAOCAO_HOME=/data
# As in include/kybaocao/embedded/system.py: less memory for threads that come and go.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
# Code belongs to root: what runs inside can read it, not change it. Airflow would write its own airflow.cfg where
# there is none, with a key in it; the containers' root is read-only, and every setting stands in their environment.
USER root
RUN touch /opt/airflow/airflow.cfg && cd /opt/airflow && python -m compileall -q config include plugins dags \
 && chown -R root:root config include plugins dags && chmod -R u=rwX,go=rX config include plugins dags
USER 50000
