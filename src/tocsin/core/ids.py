"""What things are called by: distinct types, so that one cannot be passed for another."""

from __future__ import annotations

from typing import NewType

IncidentId = NewType("IncidentId", int)
AlertId = NewType("AlertId", int)
EventId = NewType("EventId", int)
PageId = NewType("PageId", int)
DeliveryId = NewType("DeliveryId", int)
StepRunId = NewType("StepRunId", int)
PersonName = NewType("PersonName", str)
ServiceName = NewType("ServiceName", str)
